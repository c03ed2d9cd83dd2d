"""Times of exact invariant bases, beside floating-point peers where they are installed.

Prints four tables. The first has the median time of each exact basis with every cache emptied
before it, for representations already declared. The second has the couplings of one bond beside
qsymm's hopping families, the third character tables and irreps beside netket. The last compares the
number of invariants that we and the peers find, and the time, on
one representation in its own basis and in bases with ever larger integers; the peers come with the
optional extra ``peers`` (qsymm, emlp, netket).
"""

import itertools
import random
import statistics
import time

import numpy as np
import sympy

from mlrg.symmetry import (
    C4v,
    Representation,
    character_table,
    cyclic,
    invariant_forms,
    symmetric,
)
from mlrg.symmetry.burnside_dixon import irreducible_characters
from mlrg.symmetry.couplings import bond_mirror
from mlrg.symmetry.families import _symmetric
from mlrg.symmetry.invariants import _certified_block, invariant_dimension

ROUNDS = 5


def partitions(total, largest=None):
    largest = largest or total
    if total == 0:
        yield ()
    for first in range(min(total, largest), 0, -1):
        for rest in partitions(total - first, first):
            yield (first, *rest)


def added(parts):
    parts = list(parts)
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def sheared(representation, factors, seed=0):
    """The representation in a random basis of determinant one."""
    generator = random.Random(seed)
    d = representation.dimension
    basis = sympy.eye(d)
    for _ in range(2 * d):
        i, j = generator.sample(range(d), 2)
        basis[i, :] = basis[i, :] + generator.choice(factors) * basis[j, :]
    moved = representation.change_of_basis(basis)
    return moved, max(abs(int(entry)) for image in moved.images for entry in image)


def mirror_couplings(point):
    return invariant_forms(bond_mirror(C4v(point), True), bond_mirror(C4v(point), False))


def cold_median(function):
    times = []
    for _ in range(ROUNDS):
        _certified_block.cache_clear()
        bond_mirror.cache_clear()
        begin = time.perf_counter()
        basis = function()
        times.append(time.perf_counter() - begin)
    return len(basis), statistics.median(times)


def own_times():
    dense, _ = sheared(C4v("8A1+4A2+4B1+4B2+6E"), (-3, -1, 1, 3))
    harmonics = added(cyclic(11).irrep(k) for k in range(1, 6))
    irreps = added(symmetric(6).irrep(shape) for shape in partitions(6))
    standard = symmetric(5).irrep("standard")

    def both():
        point, internal = mirror_couplings("2A1+A2+B1+2E"), invariant_forms(standard, standard)
        return [(j, k) for j in point.forms for k in internal.forms]

    cases = [
        ("C4v, 8 components, mirror", 64, lambda: mirror_couplings("2A1+A2+B1+2E")),
        ("C4v, 32 components, mirror", 1024, lambda: mirror_couplings("8A1+4A2+4B1+4B2+6E")),
        ("C4v, 32 components, dense basis", 1024, lambda: invariant_forms(dense, dense)),
        ("C4v, 8 components, mirror, and S5 standard", 80, both),
        ("Z11, every harmonic", 100, lambda: invariant_forms(harmonics, harmonics)),
        ("S6, every irrep", 5776, lambda: invariant_forms(irreps, irreps)),
    ]
    print("| exact basis | unknowns | invariants | median time |")
    print("|---|---|---|---|")
    for label, unknowns, function in cases:
        count, seconds = cold_median(function)
        print(f"| {label} | {unknowns} | {count} | {1e3 * seconds:.1f} ms |", flush=True)


def bond_families():
    """The couplings of one bond, beside qsymm's hopping family of the same symmetry."""
    print("\n| nearest-neighbour bond, C4v, 8 components | couplings | time |")
    print("|---|---|---|")
    point = C4v("2A1+A2+B1+2E")
    mirror = bond_mirror(point, False)
    count, seconds = cold_median(lambda: invariant_forms(mirror, mirror))
    print(f"| mlrg, paper's frame | {count} | {1e3 * seconds:.1f} ms |", flush=True)
    for symmetrize in (True, False):
        strategy = "symmetrised" if symmetrize else "constrained"
        print(f"| qsymm bloch_family, {strategy} | {by_bloch_family(point, symmetrize)} |")


def by_bloch_family(point, symmetrize):
    try:
        import qsymm
    except ImportError:
        return "not installed | "
    motions = [sympy.ImmutableMatrix(image) for image in C4v("E").images]
    elements = [
        qsymm.PointGroupElement(R=motion, U=matrix.astype(complex))
        for motion, matrix in zip(motions, arrays(point), strict=True)
    ]
    vectors = [(1, 0)] if symmetrize else [(1, 0), (0, 1), (-1, 0), (0, -1)]
    begin = time.perf_counter()
    family = qsymm.bloch_family(
        [("a", "a", vector) for vector in vectors],
        elements,
        (("a", point.dimension),),
        onsites=False,
        momenta=list(sympy.symbols("k_x k_y", real=True)),
        symmetrize=symmetrize,
    )
    return f"{len(family)} | {1e3 * (time.perf_counter() - begin):.0f} ms"


def arrays(representation):
    return [np.array(image.tolist(), dtype=float) for image in representation.images]


def by_mlrg(representation):
    _certified_block.cache_clear()
    return len(invariant_forms(representation, representation))


def by_qsymm(representation):
    import qsymm
    from qsymm.hamiltonian_generator import continuum_hamiltonian

    elements = [
        qsymm.PointGroupElement(np.eye(1, dtype=int), U=matrix.astype(complex))
        for matrix in arrays(representation)
    ]
    return len(continuum_hamiltonian(elements, 1, 0))


def by_emlp(representation):
    from emlp.groups import Group
    from emlp.reps import V

    def declare(self):
        self.discrete_generators = np.array(arrays(representation))
        Group.__init__(self)

    # emlp keeps bases by the name of the group's class: a new name for every declaration.
    declared = type(f"Declared{id(representation)}", (Group,), {"__init__": declare})
    return (V * V)(declared()).equivariant_basis().shape[-1]


def found_by(peer, representation):
    try:
        begin = time.perf_counter()
        count = peer(representation)
        return f"{count} in {1e3 * (time.perf_counter() - begin):.0f} ms"
    except ImportError:
        return "not installed"
    except Exception as error:
        return f"failed ({type(error).__name__})"


def beside_peers():
    print("\n| representation | largest entry | exact dimension | mlrg | qsymm | emlp |")
    print("|---|---|---|---|---|---|")
    base = C4v("2A1+A2+B1+2E") + C4v("A1+B2")
    cases = [(Representation(base.group, base.images), 1)]
    cases += [sheared(cases[0][0], factors) for factors in ((-1, 1), (-5, 5), (-31, 31), (-97, 97))]
    for representation, largest in cases:
        cells = [found_by(peer, representation) for peer in (by_mlrg, by_qsymm, by_emlp)]
        exact = invariant_dimension(representation, representation)
        print(f"| C4v, 10 components | {largest:.1e} | {exact} | " + " | ".join(cells) + " |")


def character_tables():
    print("\n| group | mlrg: exact table, verified irreps | netket: floats |")
    print("|---|---|---|")
    for n in (5, 6):
        irreducible_characters.cache_clear()
        _symmetric.cache_clear()
        begin = time.perf_counter()
        group = symmetric(n)
        character_table(group)
        for shape in partitions(n):
            group.irrep(shape)
        ours = f"{1e3 * (time.perf_counter() - begin):.0f} ms"
        print(f"| S{n}, table and every irrep | {ours} | {by_netket(n)} |", flush=True)


def by_netket(n):
    try:
        from netket.utils.group import Permutation, PermutationGroup
    except ImportError:
        return "not installed"
    elements = [
        Permutation(permutation_array=np.array(p)) for p in itertools.permutations(range(n))
    ]
    begin = time.perf_counter()
    group = PermutationGroup(elements, degree=n)
    group.character_table()
    group.irrep_matrices()
    return f"{1e3 * (time.perf_counter() - begin):.0f} ms"


if __name__ == "__main__":
    own_times()
    bond_families()
    character_tables()
    beside_peers()
