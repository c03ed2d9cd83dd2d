"""Exact bases of invariant bilinear forms, each with a certificate.

A form J on V ⊗ W is invariant if A(g)ᵀ J B(g) = J for every group element, so that the energy
−sᵀ J t does not change when s → A s and t → B t (Eq. 3). The basis is canonical: the reduced
echelon form of the solution space in row-major order, cleared to primitive integers over ℚ.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.errors import RepresentationError
from mlrg.symmetry.fields import to_common_field
from mlrg.symmetry.representations import Representation


def invariant_dimension(left: Representation, right: Representation) -> int:
    """Return dim (V ⊗ W)^G = (1/|G|) Σ_g χ_V(g) χ_W(g), the character formula."""
    total = sum(
        (matrix_trace(a) * matrix_trace(b))
        for a, b in zip(left.field_matrices, right.field_matrices, strict=True)
    )
    average = sympy.nsimplify(sympy.expand(total / left.group.order))
    if not average.is_Integer:
        raise ArithmeticError(f"character average {average} is not an integer")
    return int(average)


def matrix_trace(matrix: DomainMatrix) -> sympy.Expr:
    """Return the trace of a square DomainMatrix as an exact sympy number."""
    size, domain = matrix.shape[0], matrix.domain
    return domain.to_sympy(sum((matrix[i, i].element for i in range(size)), domain.zero))


@dataclass(frozen=True)
class InvariantBasis:
    """A basis of the invariant forms of two representations of one group.

    Attributes
    ----------
    left, right : Representation
    matrices : tuple of sympy.ImmutableMatrix
        Basis matrices of shape ``(left.dimension, right.dimension)``.
    """

    left: Representation
    right: Representation
    matrices: tuple[sympy.ImmutableMatrix, ...]

    @cached_property
    def certificate(self) -> dict[str, object]:
        """Rank, dimension by the character formula, and whether every residual is exactly zero."""
        rank = 0
        if self.matrices:
            rows = sympy.Matrix([list(m) for m in self.matrices])
            rank = to_common_field([rows])[0].rank()
        residual_zero = True
        for left, right in zip(self.left.images, self.right.images, strict=True):
            for matrix in self.matrices:
                a, j, b = to_common_field([left.T, matrix, right])
                residual_zero &= a * j * b == j
        return {
            "rank": rank,
            "dimension": invariant_dimension(self.left, self.right),
            "residual_zero": residual_zero,
        }


def invariant_forms(left: Representation, right: Representation) -> InvariantBasis:
    """Return the canonical certified basis of the forms invariant under one group.

    Raises
    ------
    RepresentationError
        If the two representations belong to different groups.
    """
    if left.group != right.group:
        raise RepresentationError(
            f"invariants need one group, but these belong to {left.group.name} and "
            f"{right.group.name}: restrict both to a common group first"
        )
    size = left.dimension * right.dimension
    blocks = []
    for a, b in zip(left.images, right.images, strict=True):
        action = sympy.kronecker_product(sympy.Matrix(a.T), sympy.Matrix(b.T))
        blocks.append(action - sympy.eye(size))
    constraint = to_common_field([sympy.Matrix.vstack(*blocks)])[0]
    solutions = constraint.nullspace()
    reduced, pivots = solutions.to_sparse().rref()
    rows = reduced.to_Matrix().tolist()[: len(pivots)]
    basis = InvariantBasis(
        left,
        right,
        tuple(
            sympy.ImmutableMatrix(left.dimension, right.dimension, _primitive(row)) for row in rows
        ),
    )
    proof = basis.certificate
    if not (proof["rank"] == proof["dimension"] == len(rows) and proof["residual_zero"]):
        raise ArithmeticError(f"the invariant basis failed its certificate: {proof}")
    return basis


def _primitive(row: list[sympy.Expr]) -> list[sympy.Expr]:
    if not all(entry.is_Rational for entry in row):
        return row
    scale = math.lcm(*(int(entry.q) for entry in row))
    integers = [int(entry * scale) for entry in row]
    divisor = math.gcd(*integers)
    return [sympy.Integer(entry // divisor) for entry in integers]
