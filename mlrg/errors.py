"""Errors that a person can act on: each message says what was wrong, the value, and what to do.

The command line prints such a message as one line and exits with code 2 for bad input and 3 for a
sound question without an answer; everything else is a defect of the library and keeps its
traceback.
"""


class InputError(ValueError):
    """What the user gave cannot be used; the message tells how to mend it."""


class GroupError(InputError):
    """A group declaration is not a finite group within the stated bound."""


class LargeGroupError(GroupError):
    """A group with more elements than are listed, where a question needs the list."""


class RepresentationError(InputError):
    """Matrices that do not form an exact representation of the group."""


class InfiniteGroupError(GroupError):
    """Generators that make more elements than the bound allows."""


class InexactMatrixError(RepresentationError):
    """A matrix entry that is not an exact algebraic number."""


class MatrixShapeError(RepresentationError):
    """A matrix that is not square of the right size."""


class SingularMatrixError(RepresentationError):
    """A matrix without inverse where one is needed."""


class BrokenRelationError(RepresentationError):
    """Matrices that are not a homomorphism: a relation of the group fails."""


class ProjectiveRepresentationError(BrokenRelationError):
    """Matrices that keep the relations of a group up to numbers alone."""


class UnknownNameError(InputError):
    """A group, irrep, figure or option name that does not exist."""


class SpinSpaceError(InputError):
    """A set of spin values that is empty or not closed under the symmetry."""


class UnknownIrrepError(UnknownNameError):
    """An irreducible representation that the group does not have."""


class EmptySpinSpaceError(SpinSpaceError):
    """A spin space without a state."""


class ZeroSeedError(SpinSpaceError):
    """A seed vector that is zero, so that its orbit is a single dead state."""


class OpenSpinSpaceError(SpinSpaceError):
    """A set of spin values that a symmetry leaves."""


class BudgetError(InputError):
    """An exact enumeration that would not fit in memory or in a sensible time."""


class CouplingError(InputError):
    """Coupling values that are not finite numbers of the right shape."""


class StorageError(InputError):
    """A file or directory that cannot be read or written as asked."""


class NoAnswerError(ArithmeticError):
    """A sound question that has no answer: no transition, no convergence. No number is made up."""


class WorkerError(InputError):
    """A worker of an ensemble that was killed; what it had done is kept."""
