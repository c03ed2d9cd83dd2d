"""Irreps of O(2), SO(2), O(3) and SO(3) as tensors use them: what two of them couple to.

The continuous counterpart of `mlrg.symmetry.orthogonal_irreps`, with the bases and names of
`mlrg.symmetry.compact_groups`. Irreps are numbered by charge or spin, those with a prime among
them; the product of two holds a few others, so that nothing is cut off:

* charges: cos and sin of (m ± n)θ from products of those of mθ and nθ;
* spins: |a − b| to a + b, Clebsch-Gordan coefficients in the basis of real harmonics.

SO(2) tells cos from sin by nothing: its charges have the complex numbers as commutant, and every
product comes twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mlrg.errors import BudgetError
from mlrg.symmetry.compact_groups import CompactGroup


@dataclass(frozen=True)
class CompactIrrep:
    """A real irrep of a continuous group.

    Attributes
    ----------
    name : str
    dimension : int
    commutant : int
        Real dimension of the commutant.
    group : CompactGroup
    """

    name: str
    dimension: int
    commutant: int
    group: CompactGroup

    @property
    def row_space(self) -> np.ndarray:
        """The first vector times the commutant, shape ``(d, k)``."""
        return np.eye(self.dimension)[:, : self.commutant]

    @property
    def matrices(self):
        """Raises InfiniteGroupError: one for each element is no list."""
        return self.group.elements


class CompactIrreps:
    """All irreps of a continuous group and their couplings, as `orthogonal_irreps.Irreps`.

    Parameters
    ----------
    group : CompactGroup

    Raises
    ------
    BudgetError
        If couplings of its irreps are not known.
    """

    def __init__(self, group: CompactGroup):
        if group.name not in _LABELS:
            raise BudgetError(
                f"products of irreps of {group.name} are not written down: tensors take O2, SO2, "
                "O3 and SO3, or finite groups"
            )
        self.group = group
        self._label, self._number = _LABELS[group.name]
        self._of_circle = group.name.endswith("O2")
        self._complex = group.name == "SO2"

    def __getitem__(self, number: int) -> CompactIrrep:
        charge, prime = self._label(number)
        size = (1 if charge == 0 else 2) if self._of_circle else 2 * charge + 1
        commutant = 2 if self._complex and charge else 1
        return CompactIrrep(f"{charge}{chr(39) * prime}", size, commutant, self.group)

    @property
    def all(self):
        """Raises InfiniteGroupError: there is no end of them."""
        return self.group.elements

    def __len__(self):
        return len(self.group.elements)

    def number(self, charge: int, prime: bool = False) -> int:
        """Return the number of an irrep."""
        return self._number(charge, prime)

    @property
    def diagonal(self):
        """Raises InfiniteGroupError: elements are not listed."""
        return self.group.elements

    def within(self, numbers: Sequence[int]) -> list[int]:
        """Return the numbers of all irreps in products of two of these, rising."""
        found: set[int] = set()
        distinct = sorted(set(numbers))
        for one in distinct:
            for two in distinct:
                found.update(self._products(one, two))
        return sorted(found)

    def _products(self, one: int, two: int) -> list[int]:
        (a, p), (b, q) = self._label(one), self._label(two)
        if self._of_circle:
            charges = [(a + b, p != q), (abs(a - b), p != q)]
            if a == b != 0 and not self._complex:
                charges.append((0, True))
            return [self._number(charge, prime) for charge, prime in charges]
        return [
            # A prime tells the parity from that of the spin.
            self._number(c, (a + b + c + p + q) % 2 == 1)
            for c in range(abs(a - b), a + b + 1)
        ]

    def coupling(self, first: int, second: int, product: int) -> np.ndarray:
        """Return how an irrep sits in the product of two, as `Irreps.coupling`."""
        return _coupling(self, first, second, product)

    def _coupled(self, first: int, second: int, product: int) -> np.ndarray:
        (a, p), (b, q), (c, prime) = map(self._label, (first, second, product))
        if product not in self._products(first, second):
            found = np.zeros((0, self[product].dimension))
        elif self._of_circle:
            found = _of_charges(a, p, b, q, c, prime)
            if self._complex:
                found = _with_copies(found)
        else:
            found = _of_spins(a, b, c)[None]
        sizes = self[first].dimension, self[second].dimension
        return found.reshape(len(found), self[product].dimension, *sizes)


@lru_cache(maxsize=4096)
def _coupling(irreps: CompactIrreps, first: int, second: int, product: int) -> np.ndarray:
    return irreps._coupled(first, second, product)


@lru_cache(maxsize=16)
def compact_irreps(group: CompactGroup) -> CompactIrreps:
    """Return the group's irreps, made once."""
    return CompactIrreps(group)


def _mirrored_charge(number: int) -> tuple[int, bool]:
    return (max(number - 1, 0), number == 1)


def _mirrored_number(charge: int, prime: bool) -> int:
    return charge + 1 if charge else int(prime)


# From numbers to charge and prime, and back.
_LABELS = {
    "SO2": (lambda number: (number, False), lambda charge, prime: charge),
    "O2": (_mirrored_charge, _mirrored_number),
    "SO3": (lambda number: (number, False), lambda spin, prime: spin),
    "O3": (lambda number: (number // 2, number % 2 == 1), lambda spin, prime: 2 * spin + prime),
}


def _of_charges(a: int, p: bool, b: int, q: bool, c: int, prime: bool) -> np.ndarray:
    """Return how charge c sits in a ⊗ b, shape ``(t, d_c, d_a, d_b)``."""
    if a == b == 0:
        return np.ones((1, 1, 1, 1))
    if a == 0 or b == 0:
        # (cos, sin) itself, or (sin, −cos) times what changes sign under mirrors.
        rows = np.array([[0.0, 1.0], [-1.0, 0.0]]) if p or q else np.eye(2)
        return rows.reshape(1, 2, 2, 1) if b == 0 else rows.reshape(1, 2, 1, 2)
    root = np.sqrt(0.5)
    if c == a + b:
        return root * np.array([[[[1, 0], [0, -1]], [[0, 1], [1, 0]]]])
    even = root * np.array([[1, 0], [0, 1]])
    odd = root * np.array([[0, -1], [1, 0]]) * (1 if a >= b else -1)
    if c:
        return np.array([[even, odd]])
    return np.array([[odd if prime else even]])


def _with_copies(found: np.ndarray) -> np.ndarray:
    """Return a basis of the row space over the reals, from one over the complex numbers."""
    _, size, *shape = found.shape
    if size == 2:
        cosine, sine = found[0]
        return np.array([[cosine, sine], [sine, -cosine]])
    if shape == [2, 2]:
        # Charge zero, of one kind without mirrors: symmetric and antisymmetric.
        return np.concatenate([found, np.sqrt(0.5) * np.array([[[[0, -1], [1, 0]]]])])
    return found


def _of_spins(a: int, b: int, c: int) -> np.ndarray:
    """Return how spin c sits in a ⊗ b, shape ``(d_c, d_a, d_b)``, in real harmonics."""
    found = _clebsch_gordan(a, b, c)
    real = np.einsum(
        "kK,KIJ,iI,jJ->kij", _real(c), found, _real(a).conj(), _real(b).conj(), optimize=True
    )
    # Real, or imaginary where a + b + c is odd.
    return real.imag if (a + b + c) % 2 else real.real


@lru_cache(maxsize=64)
def _real(spin: int) -> np.ndarray:
    """Return ⟨real harmonic|m⟩, m from −l to l; zonal, then cos and sin of each m."""
    found = np.zeros((2 * spin + 1, 2 * spin + 1), dtype=complex)
    found[0, spin] = 1.0
    root = np.sqrt(0.5)
    for m in range(1, spin + 1):
        sign = (-1.0) ** m
        found[2 * m - 1, [spin + m, spin - m]] = sign * root, root
        found[2 * m, [spin + m, spin - m]] = 1j * sign * root, -1j * root
    return found


def _clebsch_gordan(a: int, b: int, c: int) -> np.ndarray:
    """Return ⟨a m; b n | c m+n⟩, shape ``(2c + 1, 2a + 1, 2b + 1)``, rising m first."""
    found = np.zeros((2 * c + 1, 2 * a + 1, 2 * b + 1))
    for total, (lowest, vectors) in _coupled_states(a, b).items():
        if abs(total) <= c:
            column = vectors[:, c - max(abs(a - b), abs(total))]
            first = np.arange(lowest, lowest + len(column))
            found[c + total, a + first, b + total - first] = column
    return found


@lru_cache(maxsize=256)
def _coupled_states(a: int, b: int) -> dict[int, tuple[int, np.ndarray]]:
    """Return by m + n the least m and the states of all c, rising, columns over m.

    They diagonalise J_a · J_b, whose eigenvalues are far apart. Signs: the component of the largest
    m of the highest state is positive, and J₋ makes every other state from it.
    """
    found: dict[int, tuple[int, np.ndarray]] = {}
    for total in range(a + b, -a - b - 1, -1):
        m = np.arange(max(-a, total - b), min(a, total + b) + 1)
        n = total - m
        # ½ J₊ ⊗ J₋ takes (m, n) to (m + 1, n − 1).
        lift = np.sqrt((a * (a + 1) - m * (m + 1.0)) * (b * (b + 1) - n * (n - 1.0)))[:-1]
        matrix = np.diag(m * n * 1.0) + 0.5 * (np.diag(lift, 1) + np.diag(lift, -1))
        vectors = np.linalg.eigh(matrix)[1]
        above = found.get(total + 1)
        for place in range(vectors.shape[1]):
            c = max(abs(a - b), abs(total)) + place
            reference = _highest(m) if c == total else _lowered(a, b, m, total, c, above)
            vectors[:, place] *= 1.0 if reference @ vectors[:, place] > 0 else -1.0
        found[total] = (int(m[0]), vectors)
    return found


def _highest(m: np.ndarray) -> np.ndarray:
    """Return signs of a state that J₊ takes to nothing: they alternate."""
    return (-1.0) ** (m[-1] - m)


def _lowered(a: int, b: int, m: np.ndarray, total: int, c: int, above) -> np.ndarray:
    """Return J₋ of the state of spin c and the next total, over m."""
    lowest, vectors = above
    state = vectors[:, c - max(abs(a - b), abs(total + 1))]
    higher = dict(zip(range(lowest, lowest + len(state)), state, strict=True))
    n = total - m
    first = np.array([higher.get(k + 1, 0.0) for k in m]) * np.sqrt(a * (a + 1) - m * (m + 1.0))
    second = np.array([higher.get(k, 0.0) for k in m]) * np.sqrt(b * (b + 1) - n * (n + 1.0))
    return first + second
