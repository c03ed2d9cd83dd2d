"""Tensor-network students: a block tensor, its bond weights, and truncation by symmetry."""
