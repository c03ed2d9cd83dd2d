"""Exact matrix representations of finite groups, verified when declared.

A representation is given by one invertible exact matrix a generator, in any basis and any field of
algebraic numbers. A declaration is accepted only if the matrices satisfy every relation of the
group: its presentation where it has one, the whole product table M(g)·M(s) = M(gs) otherwise. Sums,
products and other constructions of verified representations need no second check.
"""

from collections.abc import Sequence
from functools import cached_property

import mpmath
import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.errors import (
    BrokenRelationError,
    MatrixShapeError,
    RepresentationError,
    SingularMatrixError,
)
from mlrg.symmetry.characters import character_table
from mlrg.symmetry.fields import exact_matrix, exact_text, to_common_field
from mlrg.symmetry.groups import FiniteGroup, Permutation, Word, compose, inverse


class Representation:
    """A linear representation of a finite group by exact matrices.

    Parameters
    ----------
    group : FiniteGroup
    images : sequence of matrices
        One square exact matrix a generator, all of one size ``(dimension, dimension)``.
    name, expression : str, optional
        A label for messages, and the Python expression that rebuilds the object.

    Attributes
    ----------
    summands : tuple of Representation
        The terms of a direct sum, in the order of their components; the representation itself
        if it was not built as a sum.

    Raises
    ------
    InexactMatrixError, MatrixShapeError, SingularMatrixError
        If an image is not exact, not square of one size, or not invertible.
    BrokenRelationError
        If the images break a relation of the group; the relation is named.
    """

    def __init__(
        self,
        group: FiniteGroup,
        images: Sequence,
        name: str | None = None,
        expression: str | None = None,
    ):
        images = tuple(exact_matrix(image) for image in images)
        self._set(group, images, name, expression)
        if len(images) != len(group.generators):
            raise RepresentationError(
                f"{len(images)} matrices were given for the {len(group.generators)} "
                f"generators {group.names} of {group.name}: give one for each"
            )
        for generator, image in zip(group.names, images, strict=True):
            if image.shape != (self.dimension, self.dimension) or self.dimension == 0:
                raise MatrixShapeError(
                    f"the matrix of {generator} has shape {image.shape}: "
                    f"every generator needs a square matrix of size {self.dimension or 1}"
                )
        self._verify()

    def _set(self, group, images, name, expression, summands=None) -> None:
        self.group = group
        self.images = images
        self.dimension = images[0].rows if images else 1
        self.name = name
        self._expression = expression
        self.summands: tuple[Representation, ...] = (self,) if summands is None else summands

    @classmethod
    def _trusted(cls, group, images, expression=None, summands=None, name=None) -> "Representation":
        """Return a representation that its construction proves right."""
        found = Representation.__new__(Representation)
        images = tuple(sympy.ImmutableMatrix(image) for image in images)
        found._set(group, images, name, expression, summands)
        return found

    @cached_property
    def field_images(self) -> list[DomainMatrix]:
        """Matrices of the generators over one exact field."""
        return to_common_field(self.images)

    @property
    def domain(self):
        """The exact field of the matrices."""
        return self.field_images[0].domain if self.images else sympy.QQ

    def _identity(self) -> DomainMatrix:
        return DomainMatrix.eye(self.dimension, self.domain).to_sparse()

    def field_product(self, word: Word) -> DomainMatrix:
        """Return the matrix of a word of generator positions over the exact field."""
        result = self._identity()
        for letter in word:
            result = result * self.field_images[letter]
        return result

    def matrix(self, element: int) -> sympy.ImmutableMatrix:
        """Return the matrix of the element at this position of ``group.elements``."""
        return sympy.ImmutableMatrix(self.field_product(self.group.word(element)).to_Matrix())

    def matrix_of(self, permutation: Permutation) -> sympy.ImmutableMatrix:
        """Return the matrix of a group element given as a permutation."""
        return self.matrix(self.group.position[tuple(permutation)])

    def _verify(self) -> None:
        for name, image in zip(self.group.names, self.field_images, strict=True):
            if image.rank() < self.dimension:
                raise SingularMatrixError(
                    f"the matrix of {name} is singular: a representation needs invertible matrices"
                )
        if self.group.relations is None:
            self._verify_products()
            return
        for relation in self.group.relations:
            if self.field_product(relation) != self._identity():
                self._refuse(relation, ())

    def _verify_products(self) -> None:
        group = self.group
        matrices = [self._identity()]
        for parent, generator in group.parents[1:]:
            matrices.append(matrices[parent] * self.field_images[generator])
        for k, element in enumerate(group.elements):
            for s, generator in enumerate(group.generators):
                target = group.position[compose(element, generator)]
                if group.parents[target] == (k, s):
                    continue
                if matrices[k] * self.field_images[s] != matrices[target]:
                    self._refuse((*group.word(k), s), group.word(target))

    def _refuse(self, left: Word, right: Word) -> None:
        group = self.group
        raise BrokenRelationError(
            f"the matrices break the relation {group.spell(left)} = {group.spell(right)} "
            f"of {group.name}: correct the matrices or the group"
        )

    @cached_property
    def field_character(self) -> tuple[object, list]:
        """The field and the trace of each conjugacy class in it."""
        if len(self.summands) > 1:
            return _added([part.field_character for part in self.summands])
        traces = []
        for members in self.group.classes:
            matrix = self.field_product(self.group.word(members[0])).to_sparse()
            diagonal = (value for (i, j), value in matrix.to_dok().items() if i == j)
            traces.append(sum(diagonal, self.domain.zero))
        return self.domain, traces

    @cached_property
    def character(self) -> tuple[sympy.Expr, ...]:
        """Trace of each conjugacy class, exact, in the order of ``group.classes``."""
        domain, traces = self.field_character
        return tuple(domain.to_sympy(trace) for trace in traces)

    @cached_property
    def decomposition(self) -> dict[int, int]:
        """Multiplicity of each complex irrep, by its place in `character_table`.

        The multiplicities are rounded from fifty digits and then proved: the degrees add up to
        the dimension.
        """
        table = character_table(self.group)
        with mpmath.workdps(50):
            own = [mpmath.mpmathify(sympy.N(value, 50)) for value in self.character]
            found = {}
            for number, irrep in enumerate(table.irreps):
                total = mpmath.mpf(0)
                for size, value, other in zip(table.class_sizes, own, irrep.values, strict=True):
                    total += size * value * mpmath.conj(mpmath.mpmathify(sympy.N(other, 50)))
                multiplicity = int(mpmath.nint((total / self.group.order).real))
                if multiplicity:
                    found[number] = multiplicity
        degrees = sum(table.irreps[k].dimension * m for k, m in found.items())
        if degrees != self.dimension:
            raise ArithmeticError(f"irreps of {degrees} dimensions in one of {self.dimension}")
        return found

    def __add__(self, other: "Representation") -> "Representation":
        self._check_same_group(other)
        images = [sympy.diag(a, b) for a, b in zip(self.images, other.images, strict=True)]
        return Representation._trusted(
            self.group, images, f"({self!r} + {other!r})", self.summands + other.summands
        )

    def __mul__(self, other: "Representation") -> "Representation":
        self._check_same_group(other)
        images = [_kronecker(a, b) for a, b in zip(self.images, other.images, strict=True)]
        return Representation._trusted(self.group, images, f"({self!r} * {other!r})")

    def outer(self, other: "Representation") -> "Representation":
        """Return V ⊗ W as a representation of the direct product of both groups."""
        product = self.group * other.group
        one_left, one_right = sympy.eye(self.dimension), sympy.eye(other.dimension)
        images = [_kronecker(a, one_right) for a in self.images]
        images += [_kronecker(one_left, b) for b in other.images]
        return Representation._trusted(product, images, f"{self!r}.outer({other!r})")

    @cached_property
    def dual(self) -> "Representation":
        """The representation on linear forms, g ↦ (M(g)⁻¹)ᵀ."""
        images = [
            image.inv().transpose().to_Matrix() for image in map(_to_dense, self.field_images)
        ]
        return Representation._trusted(self.group, images, f"{self!r}.dual")

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
        images = []
        for m in self.images:
            rows = []
            for i, j in pairs:
                row = []
                for k, n in pairs:
                    entry = m[i, k] * m[j, n]
                    if i != j:
                        entry += sign * m[j, k] * m[i, n]
                    row.append(entry)
                rows.append(row)
            images.append(sympy.Matrix(rows).applyfunc(sympy.expand))
        return Representation._trusted(self.group, images, f"{self!r}.{name}")

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
        new, *images = map(_to_dense, to_common_field([matrix, *self.images]))
        if new.rank() < self.dimension:
            raise SingularMatrixError("the change of basis is singular: give an invertible matrix")
        inverse_new = new.inv()
        changed = [(inverse_new * image * new).to_Matrix() for image in images]
        return Representation._trusted(
            self.group, changed, f"{self!r}.change_of_basis({exact_text(matrix.tolist())})"
        )

    def restrict(self, subgroup: FiniteGroup) -> "Representation":
        """Return the representation of a subgroup whose generators are elements of this group.

        Raises
        ------
        RepresentationError
            If a generator of the subgroup is not an element of this group.
        """
        for generator in subgroup.generators:
            if generator not in self.group.position:
                raise RepresentationError(
                    f"{generator} is not an element of {self.group.name}: restrict to a subgroup"
                )
        expression = f"{self!r}.restrict({subgroup!r})"
        images = [self.matrix_of(generator) for generator in subgroup.generators]
        if len(self.summands) == 1:
            return Representation._trusted(subgroup, images, expression)
        parts = tuple(part.restrict(subgroup) for part in self.summands)
        return Representation._trusted(subgroup, images, expression, parts)

    def induce(self, group: FiniteGroup) -> "Representation":
        """Return the representation induced to a larger group, on its left cosets.

        Raises
        ------
        RepresentationError
            If this representation's group is not a subgroup of `group`.
        """
        for generator in self.group.generators:
            if generator not in group.position:
                raise RepresentationError(
                    f"{self.group.name} is not a subgroup of {group.name}: both must permute the "
                    "same points"
                )
        members = set(self.group.elements)
        cosets: list[Permutation] = []
        for element in group.elements:
            if not any(compose(inverse(c), element) in members for c in cosets):
                cosets.append(element)
        d = self.dimension
        images = []
        for generator in group.generators:
            image = sympy.zeros(d * len(cosets), d * len(cosets))
            for column, coset in enumerate(cosets):
                moved = compose(generator, coset)
                for row, other in enumerate(cosets):
                    rest = compose(inverse(other), moved)
                    if rest in members:
                        image[d * row : d * (row + 1), d * column : d * (column + 1)] = (
                            self.matrix_of(rest)
                        )
            images.append(image)
        return Representation._trusted(group, images, f"{self!r}.induce({group!r})")

    def _check_same_group(self, other: "Representation") -> None:
        if self.group != other.group:
            raise RepresentationError(
                f"representations of {self.group.name} and {other.group.name} cannot be combined: "
                "both must belong to one group"
            )

    def __eq__(self, other):
        return (
            isinstance(other, Representation)
            and self.group == other.group
            and self.images == other.images
        )

    def __hash__(self):
        return hash((self.group, self.images))

    def __repr__(self):
        if self._expression:
            return self._expression
        images = ", ".join(exact_text(image.tolist()) for image in self.images)
        return f"Representation({self.group!r}, [{images}])"


def _kronecker(a: sympy.MatrixBase, b: sympy.MatrixBase) -> sympy.MatrixBase:
    return sympy.kronecker_product(sympy.Matrix(a), sympy.Matrix(b))


def _to_dense(matrix: DomainMatrix) -> DomainMatrix:
    return matrix.to_dense()


def common_images(
    left: Representation, right: Representation
) -> tuple[object, list[DomainMatrix], list[DomainMatrix]]:
    """Return a field that holds both representations, and their generator matrices in it."""
    if left.domain == right.domain:
        return left.domain, left.field_images, right.field_images
    if left.domain == sympy.QQ or right.domain == sympy.QQ:
        domain = right.domain if left.domain == sympy.QQ else left.domain
        first, second = (
            [image.convert_to(domain) for image in v.field_images] for v in (left, right)
        )
        return domain, first, second
    joint = to_common_field([*left.images, *right.images])
    return joint[0].domain, joint[: len(left.images)], joint[len(left.images) :]


def common_characters(first: tuple, second: tuple) -> tuple[object, list, list]:
    """Bring two class functions, each (field, values), into one field."""
    (a, left), (b, right) = first, second
    if a == b:
        return a, left, right
    if a == sympy.QQ:
        return b, [b.convert(x, a) for x in left], right
    if b == sympy.QQ:
        return a, left, [a.convert(x, b) for x in right]
    rows = [
        sympy.Matrix([[a.to_sympy(x) for x in left]]),
        sympy.Matrix([[b.to_sympy(x) for x in right]]),
    ]
    one, two = (row.to_dense() for row in to_common_field(rows))
    return (
        one.domain,
        [one[0, k].element for k in range(len(left))],
        [two[0, k].element for k in range(len(right))],
    )


def _added(characters: Sequence[tuple]) -> tuple[object, list]:
    total = characters[0]
    for other in characters[1:]:
        domain, left, right = common_characters(total, other)
        total = domain, [x + y for x, y in zip(left, right, strict=True)]
    return total
