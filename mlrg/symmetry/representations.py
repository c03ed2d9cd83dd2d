"""Exact matrix representations of finite groups, verified when declared.

A representation is given by one invertible exact matrix a generator. It is accepted only if the
matrices satisfy every relation of the group: M(g)·M(s) = M(gs) for all elements g, generators s.
"""

from collections.abc import Sequence
from functools import cached_property

import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.errors import RepresentationError
from mlrg.symmetry.fields import exact_matrix, to_common_field
from mlrg.symmetry.groups import FiniteGroup, compose


class Representation:
    """A linear representation of a finite group by exact matrices.

    Parameters
    ----------
    group : FiniteGroup
    images : sequence of matrices
        One square exact matrix a generator, all of one size ``(dimension, dimension)``.
    name, expression : str, optional
        A label for messages, and the Python expression that rebuilds the object.

    Raises
    ------
    RepresentationError
        If an image is inexact, not square, singular, or breaks a relation of the group; the
        relation is named.
    """

    def __init__(
        self,
        group: FiniteGroup,
        images: Sequence,
        name: str | None = None,
        expression: str | None = None,
    ):
        self.group = group
        self.images = tuple(exact_matrix(image) for image in images)
        self.name = name
        self._expression = expression
        if len(self.images) != len(group.generators):
            raise RepresentationError(
                f"{len(self.images)} matrices were given for the {len(group.generators)} "
                f"generators {group.names} of {group.name}: give one for each"
            )
        self.dimension = self.images[0].rows if self.images else 1
        for generator, image in zip(group.names, self.images, strict=True):
            if image.shape != (self.dimension, self.dimension) or self.dimension == 0:
                raise RepresentationError(
                    f"the matrix of {generator} has shape {image.shape}: "
                    f"every generator needs a square matrix of size {self.dimension or 1}"
                )
        self._verify()

    @cached_property
    def _field_images(self) -> list[DomainMatrix]:
        return to_common_field(self.images)

    @cached_property
    def field_matrices(self) -> list[DomainMatrix]:
        """The matrix of every group element, in the order of ``group.elements``, over one field."""
        generators = self._field_images
        domain = generators[0].domain if generators else sympy.QQ
        matrices = [DomainMatrix.eye(self.dimension, domain).to_sparse()]
        for parent, generator in self.group.parents[1:]:
            matrices.append(matrices[parent] * generators[generator])
        return matrices

    def _verify(self) -> None:
        group, matrices = self.group, self.field_matrices
        for name, image in zip(group.names, self._field_images, strict=True):
            if image.rank() < self.dimension:
                raise RepresentationError(
                    f"the matrix of {name} is singular: a representation needs invertible matrices"
                )
        for k, element in enumerate(group.elements):
            for s, generator in enumerate(group.generators):
                target = group.position[compose(element, generator)]
                if matrices[k] * self._field_images[s] != matrices[target]:
                    left = "·".join((*group.word(k), group.names[s]))
                    right = "·".join(group.word(target)) or "1"
                    raise RepresentationError(
                        f"the matrices break the relation {left} = {right} of {group.name}: "
                        "correct the matrices or the group"
                    )

    def matrix(self, element: int) -> sympy.ImmutableMatrix:
        """Return the matrix of the element at this position of ``group.elements``."""
        return sympy.ImmutableMatrix(self.field_matrices[element].to_Matrix())

    @cached_property
    def character(self) -> tuple:
        """Trace of every element's matrix, exact, in the order of ``group.elements``."""
        return tuple(
            sum((m[i, i].element for i in range(self.dimension)), m.domain.zero)
            for m in self.field_matrices
        )

    def __add__(self, other: "Representation") -> "Representation":
        self._check_same_group(other)
        images = [sympy.diag(a, b) for a, b in zip(self.images, other.images, strict=True)]
        return Representation(self.group, images, expression=f"({self!r} + {other!r})")

    def __mul__(self, other: "Representation") -> "Representation":
        self._check_same_group(other)
        images = [
            sympy.kronecker_product(sympy.Matrix(a), sympy.Matrix(b))
            for a, b in zip(self.images, other.images, strict=True)
        ]
        return Representation(self.group, images, expression=f"({self!r} * {other!r})")

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
        images = [image.tolist() for image in self.images]
        return f"Representation({self.group!r}, {images!r})"
