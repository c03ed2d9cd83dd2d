"""Couplings, characters and tensors for other packages, and back from plain data.

Plain data are dictionaries of numbers, strings and lists, which JSON holds; exact numbers are
strings that sympy reads. Pair weights follow the library's sign: ε = −Σ_d J_d Φ[d, s, t], with the
source spin s first (a bond centre of the Lieb lattice) and the target spin t second (a vertex).
Packages are imported by the function that needs them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy

from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.rgmap import RGMap
from mlrg.symmetry.arguments import finite_numbers
from mlrg.symmetry.characters import CharacterTable

# Colour of the edges along y.
_ALONG_Y = 1
_FORMAT = "mlrg couplings 1"


def coupling_data(model: SpinModel) -> dict:
    """Return the couplings of a model as plain data.

    Keys: ``dimension``; ``features`` Φ, nested lists of shape ``(coupling, source, target)``;
    ``states``, the vectors of spin values; ``matrix``, the exact symbolic matrix as strings, null
    for couplings that are not bilinear; ``frame``, ``family``, ``format``.

    Raises
    ------
    InputError
        If spins take a continuum of values.

    Examples
    --------
    >>> import mlrg
    >>> from mlrg import interop
    >>> interop.coupling_data(mlrg.SpinModel("Z2:odd", "A1+E", frame="paper"))["matrix"]
    [['J0', 'J1', '0'], ['J2', 'J3', '0'], ['0', '0', 'J4']]
    """
    _require_states(model)
    couplings: Any = model.couplings
    bilinear = model.family == "bilinear"
    return {
        "format": _FORMAT,
        "dimension": couplings.dimension,
        "frame": model.frame,
        "family": model.family,
        "states": model.spins.values.tolist(),
        "features": couplings.features.tolist(),
        "matrix": [[str(x) for x in row] for row in couplings.matrix.tolist()]
        if bilinear
        else None,
    }


def features(data: dict) -> np.ndarray:
    """Return Φ of plain data, shape ``(coupling, source state, target state)``.

    Raises
    ------
    InputError
        If the data are not those of `coupling_data`.
    """
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise InputError(
            f"these are not couplings of this library: format {_FORMAT!r} was expected, found "
            f"{data.get('format') if isinstance(data, dict) else type(data).__name__!r}"
        )
    found = np.asarray(data["features"], dtype=float)
    if found.ndim != 3 or len(found) != data["dimension"]:
        raise InputError(
            f"features of shape {found.shape} were given for {data['dimension']} couplings: give "
            "(coupling, source state, target state)"
        )
    return found


def coupling_matrix(data: dict) -> sympy.Matrix:
    """Return the symbolic coupling matrix of plain data.

    Raises
    ------
    InputError
        If the couplings are not bilinear.
    """
    features(data)
    if data["matrix"] is None:
        raise InputError(f"couplings of the {data['family']} family have no matrix: take features")
    names = {f"J{d}": sympy.Symbol(f"J{d}", real=True) for d in range(data["dimension"])}
    return sympy.Matrix([[sympy.sympify(x, names) for x in row] for row in data["matrix"]])


def pair_energies(model: SpinModel, couplings: Sequence[float]) -> dict[str, np.ndarray]:
    """Return ε of both bonds of the square lattice, what a Monte Carlo program needs.

    Returns
    -------
    dict
        ``x`` and ``y``: energies ``(source state, target state)`` of a bond along that axis, in
        units of temperature. The spins of a bond are different on the Lieb lattice; on a square
        lattice of equal sites only couplings that do not tell them apart make sense.

    Raises
    ------
    InputError, CouplingError
        If spins take a continuum of values, or couplings do not fit.

    Examples
    --------
    >>> import mlrg
    >>> from mlrg import interop
    >>> interop.pair_energies(mlrg.SpinModel("Z2:odd", "A1"), [0.5])["x"]
    array([[-0.5,  0.5],
           [ 0.5, -0.5]])
    """
    _require_states(model)
    space = model.couplings
    values = finite_numbers(couplings, (space.dimension,), "couplings")
    along_x = -np.einsum("d,dst->st", values, space.features)
    back = np.argsort(model.spins.rotation)
    return {"x": along_x, "y": along_x[np.ix_(back, back)]}


def netket_operator(graph, hilbert, model: SpinModel, couplings: Sequence[float]):
    """Return the energy of a model on a graph as a diagonal netket operator.

    Parameters
    ----------
    graph : netket.graph.AbstractGraph
        Its edges are bonds along x where their colour is 0 and along y where it is 1, such as
        those of ``netket.graph.Grid`` with ``color_edges=True``; edges of one colour are all x.
    hilbert : netket.hilbert.DiscreteHilbert
        As many local states as a spin has values, in the model's order.
    model : SpinModel
        Whose two kinds of site carry the same energy.
    couplings : sequence of float

    Raises
    ------
    InputError
        If a bond's energy tells its ends apart, or the Hilbert space has other local states.
    """
    import netket

    energies = pair_energies(model, couplings)
    for axis, table in energies.items():
        if not np.allclose(table, table.T):
            raise InputError(
                f"the energy of a bond along {axis} changes when its spins trade places: on a "
                "lattice of equal sites it has no meaning; choose couplings with J symmetric"
            )
    if hilbert.local_size != len(model.spins):
        raise InputError(
            f"a Hilbert space of {hilbert.local_size} local states was given: a spin of this model "
            f"has {len(model.spins)}"
        )
    operator = netket.operator.LocalOperator(hilbert, dtype=float)
    for (first, second), colour in zip(graph.edges(), graph.edge_colors, strict=True):
        table = energies["y" if colour == _ALONG_Y else "x"]
        operator += netket.operator.LocalOperator(
            hilbert, np.diag(table.ravel()), [int(first), int(second)]
        )
    return operator


def block_array(rgmap: RGMap, point) -> np.ndarray:
    """Return the block tensor of a tensor student as an array, bonds summing over equal states.

    Legs are right, up, left, down, shape ``(n, n, n, n)``. The weights of bonds are taken in, on
    the legs right and up, and the scale that was taken out is put back, so that a network of equal
    arrays has the library's Z, Δ and ln Z.

    Raises
    ------
    InputError
        If the point is no block tensor of a square lattice of equal ones: couplings of a star, or
        a tensor that was matched around rings, of which there are two, turned, on two sublattices.
    """
    if not hasattr(point, "blocks"):
        raise InputError(
            f"{point!r} of {rgmap!r} is no block tensor of equal blocks: give a point of a tensor "
            "student with single tensors"
        )
    bond = point.bond
    array = point.dense * bond[:, None, None, None] * bond[None, :, None, None]
    return array * np.exp(point.log_scale)


def quimb_tensor(rgmap: RGMap, point, indices: Sequence[str] = ("r", "u", "l", "d")):
    """Return the block tensor as a ``quimb.tensor.Tensor`` with legs right, up, left, down.

    Raises
    ------
    InputError
        As `block_array`.
    """
    from quimb.tensor import Tensor

    return Tensor(block_array(rgmap, point), indices, tags=("block",))


def symmray_array(rgmap: RGMap, point):
    """Return the block tensor as a block-sparse array of symmray, legs right, up, left, down.

    It is a ``Z2Array`` or a ``Z2Z2Array``; a state has the charge 1 under a generator of G that
    changes its sign. Right and up point in, left and down out.

    Raises
    ------
    InputError
        As `block_array`; or if G is neither Z2 nor Z2 × Z2, whose real irreps alone are charges.
    """
    import symmray

    array = block_array(rgmap, point)
    group = rgmap.model.internal.group
    places = [group.position[generator] for generator in group.generators]
    count = len(places)
    involutions = all(group.element_order(place) == 2 for place in places)
    if not involutions or count not in (1, 2) or group.order != 2**count:
        raise InputError(
            f"{group.name} has no charges in symmray, of whose groups Z2 and Z2 × Z2 have real "
            "irreps of one dimension alone: take block_array, or declare less of the symmetry"
        )
    states = range(point.leg.dimension)
    signs = point.leg.actions[places][:, states, states]
    charges = [tuple(column) for column in (signs < 0).astype(int).T.tolist()]
    labels = charges if count == 2 else [charge for (charge,) in charges]
    kind = symmray.Z2Array if count == 1 else symmray.Z2Z2Array
    legs, duals = [labels] * array.ndim, (False, False, True, True)
    return kind.from_dense(array, legs, duals, invalid_sectors="raise")


def gap_characters(table: CharacterTable) -> str:
    """Return the irreducible characters as a GAP expression: a list of lists of cyclotomics.

    Rows and columns stand in the order of the table: irreps, and classes as in its `group.classes`.

    Examples
    --------
    >>> from mlrg import interop
    >>> from mlrg.symmetry import character_table, cyclic
    >>> print(interop.gap_characters(character_table(cyclic(2))))
    [ [ 1, 1 ],
      [ 1, 1*E(2)^1 ] ]
    """
    rows = (
        ", ".join(_gap_sum(counts, irrep.exponent) for counts in irrep.multiplicities)
        for irrep in table.irreps
    )
    return "[ " + ",\n  ".join(f"[ {row} ]" for row in rows) + " ]"


def sympy_characters(table: CharacterTable) -> sympy.Matrix:
    """Return the character table as an exact sympy matrix, ``(irrep, class)``."""
    return sympy.Matrix([list(irrep.values) for irrep in table.irreps])


def _gap_sum(counts, root: int) -> str:
    terms = [f"{count}*E({root})^{k}" if k else str(count) for k, count in counts]
    return "+".join(terms) or "0"


def _require_states(model: SpinModel) -> None:
    if model.is_continuous:
        raise InputError(
            f"spins of {model.internal.group.name} take a continuum of values: list some with "
            "model.clock(points) first"
        )


__all__ = [
    "block_array",
    "coupling_data",
    "coupling_matrix",
    "features",
    "gap_characters",
    "netket_operator",
    "pair_energies",
    "quimb_tensor",
    "symmray_array",
    "sympy_characters",
]
