"""What is read off a flow, of whatever map: no student is known here, and no torch."""
