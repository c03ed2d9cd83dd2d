"""The teacher and student of one RG step, in numbers; knows nothing of group theory."""
