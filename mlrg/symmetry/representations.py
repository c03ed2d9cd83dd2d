"""Exact matrix representations of finite groups, verified when declared.

A representation is given by one invertible exact matrix a generator, in any basis and any field of
algebraic numbers. A declaration is accepted only if the matrices satisfy every relation of the
group: its presentation where it has one, the relations of a chain of stabilisers otherwise. Sums,
products and other constructions of verified representations need no second check.
"""

import operator
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property, reduce

import numpy as np
import sympy

from mlrg.errors import (
    BrokenRelationError,
    MatrixShapeError,
    ProjectiveRepresentationError,
    RepresentationError,
    SingularMatrixError,
)
from mlrg.symmetry.arguments import instance, listed, whole_number
from mlrg.symmetry.characters import character_table
from mlrg.symmetry.cosets import LeftCosets
from mlrg.symmetry.declared_matrices import exact_matrix, exact_text
from mlrg.symmetry.exact_matrices import ExactMatrix, direct_sum, exact_matrices, in_common_field
from mlrg.symmetry.number_fields import RATIONALS, NumberField
from mlrg.symmetry.permutation_groups import PermutationGroup, Word
from mlrg.symmetry.permutations import Permutation, compose


class Representation:
    """A linear representation of a finite group by exact matrices.

    Parameters
    ----------
    group : PermutationGroup
    images : sequence of matrices
        One square exact matrix a generator, all of one size ``(dimension, dimension)``.
    name, expression : str, optional
        A label for messages, and the Python expression that rebuilds the object.
    dimension : int, optional
        Needed only for a group without generators; there it is 1 by default.

    Attributes
    ----------
    summands : tuple of Representation
        The terms of a direct sum, in the order of their components; the representation itself
        if it was not built as a sum.
    matrices : tuple of ExactMatrix
        The images over one number field.

    Raises
    ------
    InexactMatrixError, MatrixShapeError, SingularMatrixError
        If an image is not exact, not square of one size, or not invertible.
    BrokenRelationError
        If the images break a relation of the group; the relation is named.
    """

    def __init__(
        self,
        group: PermutationGroup,
        images: Sequence,
        name: str | None = None,
        expression: str | None = None,
        dimension: int | None = None,
    ):
        instance(group, PermutationGroup, "a group", RepresentationError)
        if dimension is not None:
            whole_number(dimension, "a dimension", 1, RepresentationError)
        images = listed(images, "matrices", RepresentationError)
        declared = tuple(exact_matrix(image) for image in images)
        if len(declared) != len(group.generators):
            raise RepresentationError(
                f"{len(declared)} matrices were given for the {len(group.generators)} "
                f"generators {group.names} of {group.name}: give one for each"
            )
        size = dimension if dimension is not None else declared[0].rows if declared else 1
        for generator, image in zip(group.names, declared, strict=True):
            if image.shape != (size, size) or size == 0:
                raise MatrixShapeError(
                    f"the matrix of {generator} has shape {image.shape}: "
                    f"every generator needs a square matrix of size {size or 1}"
                )
        self._set(group, exact_matrices(declared), size, name, expression)
        # As they were written: nobody wants to read their numbers in another form.
        self.images = declared
        self._verify()

    def _set(self, group, matrices, dimension, name, expression, summands=None) -> None:
        self.group = group
        self.matrices: tuple[ExactMatrix, ...] = tuple(matrices)
        self.dimension = dimension
        self.name = name
        self._expression = expression
        self.summands: tuple[Representation, ...] = (self,) if summands is None else summands

    @classmethod
    def _trusted(
        cls, group, matrices, dimension, expression=None, summands=None, name=None
    ) -> "Representation":
        """Return a representation that its construction proves right."""
        found = Representation.__new__(Representation)
        found._set(group, matrices, dimension, name, expression, summands)
        return found

    @cached_property
    def images(self) -> tuple[sympy.ImmutableMatrix, ...]:
        """The matrices of the generators in sympy."""
        return tuple(matrix.expressions for matrix in self.matrices)

    @property
    def field(self) -> NumberField:
        """The number field of the matrices."""
        return self.matrices[0].field if self.matrices else RATIONALS

    @cached_property
    def is_real(self) -> bool:
        """Whether every matrix is real."""
        return all(matrix.is_real for matrix in self.matrices)

    @cached_property
    def is_orthogonal(self) -> bool:
        """Whether every matrix is real and orthogonal."""
        return self.is_real and all(matrix.is_unitary for matrix in self.matrices)

    def _identity(self) -> ExactMatrix:
        return ExactMatrix.identity(self.dimension, self.field)

    def product(self, word: Word) -> ExactMatrix:
        """Return the matrix of a word of generator positions, −1 − k for the inverse of k."""
        if not word:
            return self._identity()
        letters = (self.matrices[k] if k >= 0 else self.matrices[-1 - k].inverse for k in word)
        return reduce(ExactMatrix.__matmul__, letters)

    def matrix(self, element: int) -> sympy.ImmutableMatrix:
        """Return the matrix of the element at this position of ``group.elements``."""
        return self.product(self.group.word(element)).expressions

    def exact_matrix_of(self, permutation: Permutation) -> ExactMatrix:
        """Return the matrix of a group element given as a permutation."""
        return self.group.chain.image(
            tuple(permutation), self._strong, _OPERATIONS[0], self._identity()
        )

    @cached_property
    def _strong(self) -> list[ExactMatrix]:
        """The matrices of the strong generators of the group's chain."""
        return self.group.chain.images(self.matrices, *_OPERATIONS, self._identity())

    def matrix_of(self, permutation: Permutation) -> sympy.ImmutableMatrix:
        """Return the matrix of a group element given as a permutation, in sympy."""
        return self.exact_matrix_of(permutation).expressions

    def _verify(self) -> None:
        for name, matrix in zip(self.group.names, self.matrices, strict=True):
            if not matrix.is_invertible:
                raise SingularMatrixError(
                    f"the matrix of {name} is singular: a representation needs invertible matrices"
                )
        if self.group.relations is None:
            broken = self.group.chain.broken_relation(self.matrices, *_OPERATIONS, self._identity())
            if broken is not None:
                self._refuse(*broken)
            return
        for relation in self.group.relations:
            if self.product(relation) != self._identity():
                self._refuse(relation, ())

    def _refuse(self, left: Word, right: Word) -> None:
        group = self.group
        broken = f"the matrices break the relation {group.spell(left)} = {group.spell(right)}"
        if self._is_projective:
            raise ProjectiveRepresentationError(
                f"{broken} of {group.name}, but by a number: they are a projective representation; "
                "mlrg.symmetry.central_extension(group, matrices) finds the larger group that they "
                "represent"
            )
        raise BrokenRelationError(f"{broken} of {group.name}: correct the matrices or the group")

    @property
    def _is_projective(self) -> bool:
        """Whether the matrices keep every relation of the group up to a number."""
        images = [_UpToNumbers(matrix) for matrix in self.matrices]
        one = _UpToNumbers(self._identity())
        operations = _UpToNumbers.__matmul__, _UpToNumbers.inverse
        return self.group.chain.broken_relation(images, *operations, one) is None

    @cached_property
    def class_traces(self) -> ExactMatrix:
        """The trace of each conjugacy class, shape ``(1, class)``."""
        if len(self.summands) > 1:
            rows = in_common_field([part.class_traces for part in self.summands])
            return reduce(ExactMatrix.__add__, rows)
        # Words of one tree share their beginnings.
        found = {0: self._identity()}
        parents = self.group.parents
        for members in self.group.classes:
            missing, element = [], members[0]
            while element not in found:
                missing.append(element)
                element = parents[element][0]
            for place in reversed(missing):
                parent, generator = parents[place]
                found[place] = found[parent] @ self.matrices[generator]
        traces = [found[members[0]].trace for members in self.group.classes]
        return ExactMatrix.from_vectors(self.field, [traces])

    @cached_property
    def character(self) -> tuple[sympy.Expr, ...]:
        """Trace of each conjugacy class, exact, in the order of ``group.classes``."""
        return tuple(self.class_traces.expressions)

    @cached_property
    def decomposition(self) -> dict[int, int]:
        """Multiplicity of each complex irrep, by its place in `character_table`.

        The multiplicities are rounded from floats, and proved by the degrees, which add up to the
        dimension.
        """
        table = character_table(self.group)
        weighted = np.array(table.class_sizes) * self.class_traces.floats[0]
        products = table.floats.conj() @ weighted / self.group.order
        counts = np.rint(products.real).astype(int)
        found = {number: int(count) for number, count in enumerate(counts) if count}
        degrees = sum(table.irreps[k].dimension * m for k, m in found.items())
        if degrees != self.dimension or np.abs(products - counts).max() > 1e-6:
            raise ArithmeticError(f"irreps of {degrees} dimensions in one of {self.dimension}")
        return found

    def __add__(self, other: "Representation") -> "Representation":
        require_one_group(self, other)
        matrices = [direct_sum(pair) for pair in zip(*_joined(self, other), strict=True)]
        return Representation._trusted(
            self.group,
            matrices,
            self.dimension + other.dimension,
            f"({self!r} + {other!r})",
            self.summands + other.summands,
        )

    def __mul__(self, other: "Representation") -> "Representation":
        require_one_group(self, other)
        matrices = [a.kronecker(b) for a, b in zip(*_joined(self, other), strict=True)]
        return Representation._trusted(
            self.group, matrices, self.dimension * other.dimension, f"({self!r} * {other!r})"
        )

    def outer(self, other: "Representation") -> "Representation":
        """Return V ⊗ W as a representation of the direct product of both groups."""
        instance(other, Representation, "a representation", RepresentationError)
        return Representation._trusted(
            self.group * other.group,
            outer_matrices(self, other),
            self.dimension * other.dimension,
            f"{self!r}.outer({other!r})",
        )

    @cached_property
    def dual(self) -> "Representation":
        """The representation on linear forms, g ↦ (M(g)⁻¹)ᵀ."""
        matrices = [matrix.inverse.transpose for matrix in self.matrices]
        return Representation._trusted(self.group, matrices, self.dimension, f"{self!r}.dual")

    @property
    def symmetric_square(self) -> "Representation":
        """Sym² V on the products e_i e_j, i ≤ j."""
        return self._square(1, "symmetric_square")

    @property
    def exterior_square(self) -> "Representation":
        """Λ² V on the products e_i ∧ e_j, i < j, for V of at least two dimensions."""
        if self.dimension < 2:
            raise RepresentationError(
                "the exterior square of a one-dimensional representation is zero: "
                "take a representation of at least two dimensions"
            )
        return self._square(-1, "exterior_square")

    def _square(self, sign: int, name: str) -> "Representation":
        d = self.dimension
        pairs = [(i, j) for i in range(d) for j in range(i if sign > 0 else i + 1, d)]
        # Columns e_k e_n of the square are e_k ⊗ e_n; rows e_i e_j gather e_i ⊗ e_j ± e_j ⊗ e_i.
        columns = [k * d + n for k, n in pairs]
        straight = [i * d + j for i, j in pairs]
        crossed = [j * d + i for i, j in pairs]
        weights = np.array([0 if i == j else sign for i, j in pairs])[:, None, None]
        matrices = []
        for matrix in self.matrices:
            square = matrix.kronecker(matrix)
            rows = square.numerators[:, columns]
            numerators = rows[straight] + weights * rows[crossed]
            matrices.append(ExactMatrix.of(self.field, numerators, square.denominator))
        return Representation._trusted(self.group, matrices, len(pairs), f"{self!r}.{name}")

    def change_of_basis(self, basis) -> "Representation":
        """Return P⁻¹ M P for an invertible exact matrix P whose columns are the new basis.

        Raises
        ------
        RepresentationError
            If P is not exact, square of the right size and invertible.
        """
        matrix = exact_matrix(basis)
        if matrix.shape != (self.dimension, self.dimension):
            raise MatrixShapeError(
                f"a change of basis of shape {matrix.shape} was given: it needs a square matrix "
                f"of size {self.dimension}"
            )
        new, *images = in_common_field([*exact_matrices([matrix]), *self.matrices])
        if not new.is_invertible:
            raise SingularMatrixError("the change of basis is singular: give an invertible matrix")
        changed = [new.inverse @ image @ new for image in images]
        return Representation._trusted(
            self.group,
            changed,
            self.dimension,
            f"{self!r}.change_of_basis({exact_text(matrix.tolist())})",
        )

    def restrict(self, subgroup: PermutationGroup) -> "Representation":
        """Return the representation of a subgroup whose generators are elements of this group.

        Raises
        ------
        RepresentationError
            If a generator of the subgroup is not an element of this group.
        """
        _require_subgroup(subgroup, self.group)
        label = f"{self!r}.restrict({subgroup!r})"
        matrices = [self.exact_matrix_of(generator) for generator in subgroup.generators]
        parts = None
        if len(self.summands) > 1:
            parts = tuple(part.restrict(subgroup) for part in self.summands)
        return Representation._trusted(subgroup, matrices, self.dimension, label, parts)

    def induce(self, group: PermutationGroup) -> "Representation":
        """Return the representation induced to a larger group, on its left cosets.

        Raises
        ------
        RepresentationError
            If this representation's group is not a subgroup of `group`.
        """
        _require_subgroup(self.group, group)
        cosets = LeftCosets(group, self.group)
        size, d = len(cosets), self.dimension
        matrices = []
        for generator in group.generators:
            moves = [cosets.split(compose(generator, coset)) for coset in cosets.elements]
            places = [place for place, _ in moves]
            blocks = [self.exact_matrix_of(rest) for _, rest in moves]
            diagonal = direct_sum(blocks)
            # Column blocks move to the rows of their cosets.
            order = np.argsort(places)
            rows = (order[:, None] * d + np.arange(d)).reshape(size * d)
            matrices.append(
                ExactMatrix(diagonal.field, diagonal.numerators[rows], diagonal.denominator)
            )
        return Representation._trusted(group, matrices, d * size, f"{self!r}.induce({group!r})")

    def inflate(self, group: PermutationGroup) -> "Representation":
        """Return the representation of a group by the matrices of this one, which is of a quotient.

        Generators are matched by place, as `FiniteGroup.quotient` makes them.

        Raises
        ------
        RepresentationError
            If the group has another number of generators.
        BrokenRelationError
            If the matrices break a relation of the group: this group is no quotient of it.
        """
        instance(group, PermutationGroup, "a group", RepresentationError)
        if len(group.generators) != len(self.matrices):
            raise RepresentationError(
                f"{group.name} has {len(group.generators)} generators and {self.group.name} "
                f"{len(self.matrices)}: a quotient has the images of the generators of its group"
            )
        label = f"{self!r}.inflate({group!r})"
        found = Representation._trusted(group, self.matrices, self.dimension, label)
        found._verify()
        return found

    def __eq__(self, other):
        return (
            isinstance(other, Representation)
            and self.group == other.group
            and self.dimension == other.dimension
            and self._fingerprint == other._fingerprint
            and operator.eq(*_joined(self, other))
        )

    def __hash__(self):
        return hash((self.group, self.dimension, self._fingerprint))

    @cached_property
    def _fingerprint(self) -> tuple[Fraction, ...]:
        """Numbers that do not depend on the field that the matrices are written in."""
        weights = self.field.traces
        found = []
        for matrix in self.matrices:
            for row in matrix.numerators[:2].astype(object):
                mixed = sum(k * x for k, x in enumerate(row, start=1))
                total = sum(t * int(x) for t, x in zip(weights, mixed, strict=True))
                found.append(Fraction(total) / matrix.denominator)
        return tuple(found)

    def __repr__(self):
        if self._expression:
            return self._expression
        images = ", ".join(exact_text(image.tolist()) for image in self.images)
        size = "" if self.images else f", dimension={self.dimension}"
        return f"Representation({self.group!r}, [{images}]{size})"


class _UpToNumbers:
    """An invertible matrix, equal to its multiples."""

    def __init__(self, matrix: ExactMatrix):
        self.matrix = matrix

    def __matmul__(self, other: "_UpToNumbers") -> "_UpToNumbers":
        return _UpToNumbers(self.matrix @ other.matrix)

    def inverse(self) -> "_UpToNumbers":
        """Return the inverse."""
        return _UpToNumbers(self.matrix.inverse)

    def __eq__(self, other):
        return isinstance(other, _UpToNumbers) and (self.matrix @ other.matrix.inverse).is_scalar

    __hash__ = None  # type: ignore[assignment]


# What a chain of stabilisers multiplies.
_OPERATIONS = (ExactMatrix.__matmul__, lambda matrix: matrix.inverse)


def require_one_group(first: Representation, second: Representation) -> None:
    """Refuse to combine representations of two groups.

    Raises
    ------
    RepresentationError
        If the groups are not equal, or one of them is no representation.
    """
    for representation in (first, second):
        instance(representation, Representation, "a representation", RepresentationError)
    if first.group != second.group:
        raise RepresentationError(
            f"representations of {first.group.name} and {second.group.name} cannot be combined: "
            "both must belong to one group, with the same generators in the same order"
        )


def _require_subgroup(subgroup: PermutationGroup, group: PermutationGroup) -> None:
    for one in (subgroup, group):
        instance(one, PermutationGroup, "a group", RepresentationError)
    if subgroup.degree != group.degree:
        raise RepresentationError(
            f"{subgroup.name} acts on {subgroup.degree} points and {group.name} on "
            f"{group.degree}: a subgroup is generated by elements of the group"
        )
    for generator in subgroup.generators:
        if generator not in group:
            raise RepresentationError(
                f"{generator} is not an element of {group.name}: a subgroup is generated by "
                "elements of the group"
            )


def _joined(
    left: Representation, right: Representation
) -> tuple[list[ExactMatrix], list[ExactMatrix]]:
    """Return the matrices of two representations over one field."""
    if left.field == right.field:
        return list(left.matrices), list(right.matrices)
    both = in_common_field([*left.matrices, *right.matrices])
    return both[: len(left.matrices)], both[len(left.matrices) :]


def outer_matrices(left: Representation, right: Representation) -> list[ExactMatrix]:
    """Return A ⊗ 1 of the generators of the left group, then 1 ⊗ B of those of the right one."""
    field, first, second = one_field(left, right)
    here = ExactMatrix.identity(left.dimension, field)
    there = ExactMatrix.identity(right.dimension, field)
    return [a.kronecker(there) for a in first] + [here.kronecker(b) for b in second]


def one_field(
    left: Representation, right: Representation
) -> tuple[NumberField, list[ExactMatrix], list[ExactMatrix]]:
    """Return a field that holds both representations, and their matrices in it."""
    first, second = _joined(left, right)
    return (*first, *second)[0].field if first or second else RATIONALS, first, second
