"""Names that declare a model, known before anything that they name is loaded."""

# How the mirror acts on a source spin: as printed in Eqs. (16)–(18), or on a lattice that turns.
FRAMES = ("paper", "rotating")
# Couplings that are bilinear in spins, or one for each orbit of pairs of states.
FAMILIES = ("bilinear", "pair")
