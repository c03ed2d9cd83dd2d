"""More than a thousand declarations that are wrong: each meets a sentence, and none is accepted."""

import itertools
import math

import numpy as np
import pytest
import sympy

import mlrg
from mlrg.errors import InputError
from mlrg.symmetry import (
    C4v,
    FiniteGroup,
    IsotypicDecomposition,
    Representation,
    SpinSpace,
    alternating,
    central_extension,
    cyclic,
    dicyclic,
    dihedral,
    invariant_dimension,
    invariant_forms,
    orthogonal_form,
    permutation_representation,
    quaternion,
    symmetric,
)
from mlrg.symmetry.catalogue import parse_group, parse_internal

X = sympy.Symbol("x")
# What is no exact, finite number.
ENTRIES = [
    *(0.5, 1.0, math.nan, math.inf, -math.inf, 1j, 1 + 0.5j),
    *(True, False, None, "1", "1/2", "", b"1", [1], (1,), {}, {1}, object, X, X + 1),
    *(sympy.pi, sympy.E, sympy.oo, sympy.nan, sympy.zoo, sympy.Float(1), sympy.exp(1)),
    *(np.float64(1), np.bool_(True), np.nan, np.array([1, 2]), sympy.Float("0.5"), sympy.true),
]
# What is no permutation of three points.
PERMUTATIONS = [
    *[(0, 0, 1), (0, 1, 3), (1, 2, 3), (-1, 0, 1), (0, 2, 2), (3, 1, 0), (0, 1, 1)],
    *[(0.0, 1.0, 2.0), (1.9, 0.2, 2.0), (True, False, 2), ("0", "1", "2"), (None, 0, 1)],
    *[((0, 1), 2), ([0], [1], [2]), (0, 1, X), (1j, 0, 2), (0, 1, math.nan)],
    *[5, 1.5, None, True, X, object, {}, "", "x", "(0 1", "0 1)", "(0 0)", "(0 1)(1 2)", "(-1 0)"],
    *["(0 1.5)", "(0 1) 2", "()(a)", "(0 9999999999)", np.array([0.0, 1.0, 2.0]), b"012"],
]
# What is no positive whole number.
NUMBERS = [0, -1, -7, 1.5, 2.0, "3", None, True, False, X, math.nan, math.inf, 2j, [3], object]
TEXTS = [
    *["", " ", ":", "::", "x", "+", "A1+", "+A1", "A1++E", "A3", "E1", "a1", "F", "0A1", "-1A1"],
    *["A1-E", "A1*E", "1.5A1", "A1,E", "A1 E E", "999A1", "E2", "C4v", "A1+X", "2", "∅"],
]
NAMES = [
    *[
        "",
        ":",
        "Z2",
        ":odd",
        "Z2:",
        "Z0:odd",
        "Z-1:1",
        "Z2:even",
        "Z2:7",
        "Z3:odd",
        "Z2.5:1",
        "Q9:i",
    ],
    *["S3:stand", "S3:(4)", "S3:(2,2)", "S1:trivial", "A2:trivial", "A5:χ9", "A5:chi0", "A5:6"],
    *["A5:3''", "D2:A1", "D4:E1", "D5:B1", "Dic1:spinor", "2X:spinor", "2T:8", "3T:spinor"],
    *[
        "Z2xZ2:1",
        "Z2xZ2:1x1x1",
        "Z2xQ9:1x1",
        "Z2:odd+",
        "+Z2:odd",
        "Z2:odd x",
        "x Z2:odd",
        "Z2:odd x Z3",
    ],
    *[
        "Z2:odd x Q9:1",
        "no_such_module:a",
        "math:pi",
        "mlrg:SpinModel",
        "S3:two",
        "S3xS3:two-sided",
    ],
    *["Z99999:1", "S:standard", "Z:1", "()", "Z2:()", "Z2 odd", "Z2;odd", "Z2:odd+Z2:odd"],
]


def group_cases():
    for bad, place in itertools.product(PERMUTATIONS, range(3)):
        generators = [(1, 2, 0), (1, 0, 2)]
        generators.insert(place, bad)
        yield lambda generators=generators: FiniteGroup(generators).order
    for bad in (None, 3, "abc", "(0 1)", object, 1.5, True, X):
        yield lambda bad=bad: FiniteGroup(bad)
    for names in (["a"], ["a", "b", "c"], "ab", [1, 2], ["a", None], ["", "b"], 7, [["a"], "b"]):
        yield lambda names=names: FiniteGroup([(1, 2, 0), (1, 0, 2)], names)
    for bad in (*NUMBERS, 1, 2, 4):
        if bad is not None:
            yield lambda bad=bad: FiniteGroup([(1, 2, 0)], degree=bad)
    for bad in (*NUMBERS, 2):
        if bad is not None:
            yield lambda bad=bad: FiniteGroup(["(0 1 2)"], degree=bad)
            if bad != 2:
                yield lambda bad=bad: FiniteGroup([], degree=bad)
    words = [
        [(0,)],
        [(0, 0)],
        [(1, 0)],
        [(0, 1, 0)],
        [(5,)],
        [(-9,)],
        [("a",)],
        [(0.0,)],
        7,
        [7],
        "a",
        [None],
    ]
    for relations in words:
        yield lambda r=relations: FiniteGroup([(1, 2, 0), (1, 0, 2)], relations=r)
    for build, bad in itertools.product(
        (cyclic, dihedral, symmetric, alternating, dicyclic), NUMBERS
    ):
        yield lambda build=build, bad=bad: build(bad)
    for bad in PERMUTATIONS:
        yield lambda bad=bad: symmetric(3).subgroup([bad])
    yield lambda: alternating(4).subgroup([(1, 0, 2, 3)])
    yield lambda: symmetric(3).subgroup([(1, 0)])
    yield lambda: symmetric(3).subgroup([(1, 0, 2, 3)])


def matrix_cases():
    for bad, (i, j) in itertools.product(ENTRIES, itertools.product(range(2), range(2))):
        turn = [[0, -1], [1, 0]]
        turn[i][j] = bad
        yield lambda m=turn: FiniteGroup.from_matrices([m])
        yield lambda m=turn: Representation(cyclic(4), [m])
        yield lambda m=turn: cyclic(4).irrep(1).change_of_basis(m)
    shapes = [
        [],
        [[]],
        [[1, 2]],
        [[1], [2]],
        [[1, 0], [0]],
        [1, 2],
        3,
        None,
        "ab",
        [["a"]],
        [None],
        {},
    ]
    for bad in shapes:
        yield lambda bad=bad: FiniteGroup.from_matrices([bad])
        yield lambda bad=bad: FiniteGroup.from_matrices([[[1]], bad])
        yield lambda bad=bad: Representation(cyclic(2), [bad])
        yield lambda bad=bad: symmetric(3).irrep("standard").change_of_basis(bad)
    for bad in (None, 3, [], "a", [[1]], [[[1]], [[1, 0], [0, 1]]]):
        yield lambda bad=bad: FiniteGroup.from_matrices(bad)
    for bad in (
        [[1, 1], [0, 1]],
        [[2]],
        [[0]],
        [[1, 2], [2, 4]],
        [[sympy.Rational(1, 2)]],
        [[sympy.sqrt(2)]],
    ):
        yield lambda bad=bad: FiniteGroup.from_matrices([bad])


def representation_cases():
    # Every matrix of small whole numbers but the two that a generator of Z3 may have in this basis.
    for entries in itertools.product((-2, -1, 0, 1, 2), repeat=4):
        a, b, c, d = entries
        determinant, trace = a * d - b * c, a + d
        is_one = entries == (1, 0, 0, 1)
        if is_one or (determinant == 1 and trace == -1):
            continue
        yield lambda m=[[a, b], [c, d]]: Representation(cyclic(3), [m])
    for count in (0, 1, 3):
        yield lambda n=count: Representation(symmetric(3), [[[1]]] * n)
    for bad in (None, 3, "S3", symmetric, [(1, 0)]):
        yield lambda bad=bad: Representation(bad, [[[1]]])
    for bad in NUMBERS:
        if bad is not None:
            yield lambda bad=bad: Representation(FiniteGroup([], degree=2), [], dimension=bad)
            yield lambda bad=bad: Representation(cyclic(2), [[[1]]], dimension=bad)
    for bad in (None, 3, "ab", [[1]], 1.5):
        yield lambda bad=bad: Representation(cyclic(2), bad)
    for bad in PERMUTATIONS:
        yield lambda bad=bad: permutation_representation(cyclic(3), [bad])
    yield lambda: permutation_representation(cyclic(3), [(1, 0)])
    yield lambda: permutation_representation(cyclic(3), [])
    yield lambda: permutation_representation(cyclic(3), [(1, 2, 0)] * 2)
    for bad in [*NAMES[:20], None, 1.5, [1], object]:
        for group in (symmetric(4), quaternion(), alternating(5), dihedral(4)):
            if group.name != "S4" or bad != [1]:
                yield lambda bad=bad, group=group: group.irrep(bad)


def mixed_cases():
    groups = [
        cyclic(4),
        cyclic(2) * cyclic(2),
        dihedral(4),
        quaternion(),
        symmetric(3),
        FiniteGroup([(1, 2, 3, 0)], ["b"]),
    ]
    held = [permutation_representation(group) for group in groups]
    for one, two in itertools.permutations(held, 2):
        for act in (
            lambda a, b: a + b,
            lambda a, b: a * b,
            invariant_dimension,
            invariant_forms,
            lambda a, b: mlrg.SpinModel(a, "A1").couplings_to(mlrg.SpinModel(b, "A1")),
            lambda a, b: mlrg.SpinModel(a, "A1", family="pair").couplings_to(
                mlrg.SpinModel(b, "A1")
            ),
        ):
            yield lambda act=act, one=one, two=two: act(one, two)
    for bad in (None, 3, "v", symmetric(3), [[1]]):
        for act in (lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a.outer(b)):
            yield lambda act=act, bad=bad: act(held[0], bad)
        yield lambda bad=bad: invariant_forms(held[0], bad)
        yield lambda bad=bad: invariant_dimension(bad, held[0])
    for bad in (None, 3, "S3", cyclic(2), symmetric(4), [(1, 0)]):
        yield lambda bad=bad: symmetric(3).irrep("standard").restrict(bad)
        yield (
            lambda bad=bad: (
                symmetric(3).irrep("standard").induce(bad) if bad != symmetric(4) else _refuse()
            )
        )


def _refuse():
    return alternating(4).irrep("standard").induce(cyclic(4))


def construction_cases():
    pair = cyclic(2) * cyclic(2)
    flip, sign = [[0, 1], [1, 0]], [[1, 0], [0, -1]]
    for bad in PERMUTATIONS:
        yield lambda bad=bad: cyclic(3).quotient([bad])
    for bad in (None, 3, "ab", "(0 1)", 1.5, [(1, 0, 2)], [(1, 0)]):
        yield lambda bad=bad: cyclic(3).quotient(bad)
    for bad in (None, 3, "Z2", cyclic(3), symmetric(4), cyclic(4), [(1, 0)]):
        yield lambda bad=bad: symmetric(3).irrep("standard").inflate(bad)
        yield lambda bad=bad: cyclic(5).irrep(1).inflate(bad)
    for bad in (None, 3, "v", [[1]], cyclic(2), object):
        yield lambda bad=bad: IsotypicDecomposition(bad)
        yield lambda bad=bad: orthogonal_form(bad)
        yield lambda bad=bad: central_extension(bad, [flip, sign])
        yield lambda bad=bad: central_extension(pair, bad)
    for bad in ENTRIES:
        yield lambda bad=bad: central_extension(pair, [flip, [[1, 0], [0, bad]]])
    for bad in ([flip], [flip, sign, sign], [flip, [[1]]], [flip, [[1, 0], [0, 0]]], [flip, None]):
        yield lambda bad=bad: central_extension(pair, bad)
    for bad in NUMBERS:
        yield lambda bad=bad: central_extension(pair, [flip, sign], limit=bad)


def spin_cases():
    odd, plane = cyclic(2).irrep("odd"), symmetric(3).irrep("standard")
    for bad in ENTRIES:
        yield lambda bad=bad: SpinSpace(odd, C4v("A1"), [(bad,), (-1,)])
        yield lambda bad=bad: SpinSpace.orbit(odd, C4v("A1"), (bad,))
        yield lambda bad=bad: SpinSpace.orbit(plane, C4v("A1"), (1, bad))
        yield lambda bad=bad: mlrg.SpinModel(odd, "A1", states=[(1,), (bad,)])
    for states in (
        [],
        [(1,)],
        [(0, 0)],
        [()],
        [(1,), (1,)],
        [(1,), (-1,), (2,)],
        3,
        None,
        "ab",
        [1, -1],
    ):
        if states is not None:
            yield lambda s=states: SpinSpace(odd, C4v("A1"), s)
    for seeds in ([(0,)], [(1, 2)], [()], [], [3], ["a"], [None]):
        yield lambda s=seeds: SpinSpace.orbit(odd, C4v("A1"), *s)
    for states in ([(1, 0)], [(1, 0), (-1, 0)], [(1, 1), (2, 2)]):
        yield lambda s=states: SpinSpace(plane, C4v("A1"), s)
    for bad in (None, 3, "Z2", odd, cyclic(2)):
        yield lambda bad=bad: SpinSpace(bad if bad is not odd else 7, C4v("A1"))
        yield lambda bad=bad: SpinSpace(odd, bad if bad is not odd else 7)


def name_cases():
    for text in TEXTS:
        yield lambda text=text: C4v(text)
        yield lambda text=text: mlrg.SpinModel("Z2:odd", text)
    for bad in (None, 3, 1.5, ["A1"], object, True):
        yield lambda bad=bad: C4v(bad)
        yield lambda bad=bad: mlrg.SpinModel("Z2:odd", bad)
        yield lambda bad=bad: mlrg.SpinModel(bad, "A1")
    for text in NAMES:
        yield lambda text=text: parse_internal(text)
        yield lambda text=text: mlrg.SpinModel(text, "A1")
    for text in (
        "",
        " ",
        "Q9",
        "Z0",
        "S1",
        "Z2x",
        "xZ2",
        "Z2xQ9",
        "x",
        "2X",
        "math:pi",
        "no_such:a",
        ":",
        "A2",
        "Z-1",
    ):
        yield lambda text=text: parse_group(text)
    for bad in ("", "turning", None, 3, "Paper", ["paper"]):
        yield lambda bad=bad: mlrg.SpinModel("Z2:odd", "A1", frame=bad)
        yield lambda bad=bad: mlrg.SpinModel("Z2:odd", "A1", family=bad)


def coupling_cases():
    space = mlrg.SpinModel("S3:standard", "A1+E").couplings
    for bad in (
        [],
        [[1]],
        None,
        "a",
        [["a"]],
        np.ones((6, 5)),
        np.full((6, 6), np.nan),
        {},
        object,
        np.ones(36),
    ):
        yield lambda bad=bad: space.project(bad)
        yield lambda bad=bad: space.coordinates(bad)
    for i, j in itertools.product(range(6), range(6)):
        single = np.zeros((6, 6))
        single[i, j] = 1.0
        yield lambda m=single: space.coordinates(m)


CASES = {
    make.__name__.removesuffix("_cases"): make
    for make in (
        *(group_cases, matrix_cases, representation_cases, mixed_cases),
        *(construction_cases, spin_cases, name_cases, coupling_cases),
    )
}


@pytest.mark.parametrize("kind", CASES)
def test_each_meets_a_sentence(kind):
    for number, declare in enumerate(CASES[kind]()):
        with pytest.raises(InputError) as caught:
            found = declare()
            pytest.fail(f"{kind} {number} was accepted: {found!r}")
        message = str(caught.value)
        assert len(message) > 20 and message.count("\n") < 4, (kind, number, message)


def test_there_are_more_than_a_thousand():
    assert sum(len(list(make())) for make in CASES.values()) > 1000
