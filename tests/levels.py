"""Levels of a ring state by state, so that spectra of different solvers compare."""


def states_of(levels):
    """List every state of every level with its labels; rounding decides where the list ends."""
    found = []
    for level in levels:
        labels = (level.irrep, level.momentum, level.parity)
        found += [(round(level.dimension, 6) + 0.0, *labels)] * level.multiplicity
    return sorted(found)
