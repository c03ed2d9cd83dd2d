"""Names for groups and internal representations, as the command line and run files write them.

* ``GROUP:IRREP`` such as ``Z2:odd``; an irrep without a name by its label or dimension, ``A5:χ2``
  (also ``A5:chi2``), ``A5:3'``;
* a direct sum of irreps, ``D4:E+B1``, is one spin with a component in each and a coupling in each;
* ``O2:1``, ``O3:2``, ``SU2:1/2`` are irreps of continuous groups by charge or spin;
* ``Z2xZ2:1x0+0x1+1x1`` takes irreps of a direct product as products of one irrep a factor;
  ``Z3:1 x Z2:odd`` is the product of any two representations, of the product of their groups;
* ``GROUP:two-sided`` is a spin whose values are the group's elements, under multiplication from the
  left and from the right, and inversion where weights have it: its couplings are class functions;
* ``package.module:attribute`` is a Representation that a user declared in Python.
"""

import importlib
import operator
import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple, cast

from mlrg.errors import UnknownNameError
from mlrg.symmetry.binary_groups import (
    binary_icosahedral,
    binary_octahedral,
    binary_tetrahedral,
    dicyclic,
)
from mlrg.symmetry.compact_groups import CompactGroup, compact_group
from mlrg.symmetry.families import alternating, cyclic, dihedral, quaternion, symmetric
from mlrg.symmetry.groups import FiniteGroup
from mlrg.symmetry.point_group import C4v
from mlrg.symmetry.representations import Representation
from mlrg.symmetry.two_sided import two_sided_representation

TWO_SIDED = "two-sided"


class GroupFamily(NamedTuple):
    """Groups of one kind of name: a pattern with at most one number, and what makes them.

    Attributes
    ----------
    name : str
        How the name is written, n standing for a number.
    pattern : str
        A regular expression.
    build : callable
        Takes the number, if there is one; a continuous group's takes its name.
    about, irreps, example : str
        The group, the names of its irreps, and a representation to start from.
    """

    name: str
    pattern: str
    build: Callable[..., FiniteGroup | CompactGroup | None]
    about: str
    irreps: str
    example: str


NAMED_GROUPS = (
    GroupFamily(
        "Zn", r"Z([1-9]\d{0,2})", cyclic, "cyclic, n elements", "charges 0 … n/2, odd", "Z3:1"
    ),
    GroupFamily(
        "Sn",
        r"S([1-9]\d?)",
        symmetric,
        "permutations of n letters",
        "trivial, sign, standard, partitions such as (2,2)",
        "S4:standard",
    ),
    GroupFamily(
        "An",
        r"A([1-9]\d?)",
        alternating,
        "even permutations of n letters",
        "trivial, standard",
        "A5:3'",
    ),
    GroupFamily(
        "Dn",
        r"D([1-9]\d{0,2})",
        dihedral,
        "polygon of n corners, 2n elements",
        "A1, A2, B1, B2, E, E1, E2 …",
        "D4:E+B1",
    ),
    GroupFamily(
        "Q8",
        "Q8",
        quaternion,
        "quaternions ±1, ±i, ±j, ±k",
        "trivial, i, j, k, quaternion",
        "Q8:quaternion",
    ),
    GroupFamily(
        "Dicn",
        r"Dic([1-9]\d?)",
        dicyclic,
        "dicyclic, 4n elements",
        "trivial, spinor",
        "Dic3:spinor",
    ),
    GroupFamily(
        "2T",
        "2T",
        binary_tetrahedral,
        "binary tetrahedral, 24 elements",
        "trivial, spinor",
        "2T:spinor",
    ),
    GroupFamily(
        "2O",
        "2O",
        binary_octahedral,
        "binary octahedral, 48 elements",
        "trivial, spinor",
        "2O:spinor",
    ),
    GroupFamily(
        "2I",
        "2I",
        binary_icosahedral,
        "binary icosahedral, 120 elements",
        "trivial, spinor",
        "2I:spinor",
    ),
    GroupFamily(
        "O2, SO2",
        r"(?P<name>S?O\(?2\)?|U\(?1\)?)",
        compact_group,
        "turns of a circle, with or without mirrors",
        "charges 0, 1, 2 …; 0' of O2 changes sign under mirrors",
        "O2:1",
    ),
    GroupFamily(
        "O3, SO3",
        r"(?P<name>S?O\(?3\)?)",
        compact_group,
        "turns of a sphere, with or without inversion",
        "spins 0, 1, 2 …; a prime for axial ones, O3:1'",
        "O3:1",
    ),
    GroupFamily(
        "SU2",
        r"(?P<name>SU\(?2\)?)",
        compact_group,
        "unitary, determinant one",
        "spins 0, 1/2, 1 …",
        "SU2:1/2",
    ),
)


def named_group(name: str) -> FiniteGroup | CompactGroup | None:
    """Return the group of this name (``Z3``, ``S4``, ``D4``, ``Q8``, ``O2``), or None."""
    for family in NAMED_GROUPS:
        match = re.fullmatch(family.pattern, name)
        if match and match.groupdict():
            return family.build(match["name"])
        if match:
            return family.build(*map(int, match.groups()))
    return None


def _named_groups(names: Sequence[str]) -> list[FiniteGroup | CompactGroup] | None:
    """Return the groups of these names, None if there is one that is not known."""
    groups = [named_group(name) for name in names]
    known = [group for group in groups if group is not None]
    return known if len(known) == len(groups) else None


def parse_group(text: str) -> FiniteGroup | CompactGroup:
    """Return the group that a name stands for.

    C4v, one of `NAMED_GROUPS`, a product such as ``Z2xS3``, or ``package.module:attribute``, which
    is a group or a representation.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    if text.strip() == C4v.name:
        return C4v
    factors = _named_groups(re.split(r"\s*x\s*", text.strip()))
    if factors is not None:
        return reduce(operator.mul, factors)
    _, colon, tail = text.partition(":")
    if not colon or not tail:
        raise UnknownNameError(f"group {text!r} is not known: {_KNOWN}")
    found = attribute_of(text, _SPELL)
    group = found.group if isinstance(found, Representation) else found
    if not isinstance(group, FiniteGroup):
        raise UnknownNameError(
            f"{text!r} is a {type(found).__name__}, not a group: point to a FiniteGroup or a "
            "Representation"
        )
    return group


_SPELL = "check the spelling, run from the module's directory, or see mlrg groups"
_KNOWN = (
    f"use {', '.join(family.name for family in NAMED_GROUPS)} or a product such as Z2xS3, or "
    "declare your own in Python and give it as package.module:attribute (see mlrg groups)"
)


def module_named(text: str) -> str | None:
    """Return the ``package.module:attribute`` that a name would import, None for known groups."""
    for part in _factors(text):
        head, colon, tail = part.partition(":")
        if colon and head and tail and None in map(named_group, head.split("x")):
            return part
    return None


def _factors(text: str) -> list[str]:
    return re.split(r"\s+x\s+", text.strip())


def parse_internal(text: str) -> Representation:
    """Return the internal representation that a name stands for.

    Raises
    ------
    UnknownNameError
        If the group, the irrep, the module or the attribute does not exist.
    """
    parts = _factors(text)
    if len(parts) > 1:
        return reduce(Representation.outer, map(parse_internal, parts))
    head, colon, tail = text.strip().partition(":")
    if not colon or not head or not tail:
        raise UnknownNameError(
            f"internal representation {text!r} is not of the form GROUP:IRREP: write for instance "
            "Z2:odd, or package.module:attribute for your own"
        )
    factors = _named_groups(head.split("x"))
    if factors is not None:
        return _from_irreps(factors, tail)
    if re.fullmatch(r"[A-Za-z]+\(?\d+\)?", head):
        raise UnknownNameError(f"group {head!r} in {text!r} is not known: {_KNOWN}")
    found = attribute_of(text, _SPELL)
    if not isinstance(found, Representation):
        raise UnknownNameError(
            f"{text!r} is a {type(found).__name__}, not an mlrg Representation: "
            "point to a Representation object"
        )
    return found


def _from_irreps(factors: list[FiniteGroup | CompactGroup], tail: str) -> Representation:
    """Return a sum of irreps, each a product of one irrep a factor of the group."""
    if tail == TWO_SIDED and len(factors) == 1:
        # A continuous group says itself that it has no list of elements.
        return two_sided_representation(cast(FiniteGroup, factors[0]))
    terms = []
    for term in tail.split("+"):
        names = term.split("x") if len(factors) > 1 else [term]
        if len(names) != len(factors):
            group = "x".join(factor.name for factor in factors)
            raise UnknownNameError(
                f"{term!r} names {len(names)} irreps of the {len(factors)} factors of {group}: "
                f"write one for each, such as {'x'.join(['trivial'] * len(factors))}"
            )
        irreps = [factor.irrep(name) for factor, name in zip(factors, names, strict=True)]
        terms.append(reduce(Representation.outer, irreps))
    return reduce(Representation.__add__, terms)


def attribute_of(text: str, known: str):
    """Return what a user's module holds under a name, ``package.module:attribute``.

    Raises
    ------
    UnknownNameError
        If there is none; the message ends with what is `known`.
    """
    module_name, _, attribute = text.partition(":")
    # A console script does not look in the working directory, where users keep their own modules.
    sys.path.insert(0, os.getcwd())
    try:
        found = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise UnknownNameError(
            f"{text!r} is neither a known name nor an importable attribute ({error}): {known}"
        ) from error
    finally:
        sys.path.remove(os.getcwd())
    return found


def name_of(representation: Representation) -> str | None:
    """Return the GROUP:IRREP name that `parse_internal` turns back into this representation.

    None where there is no such name, and for direct products and two-sided representations.
    """
    parts = representation.summands
    if len(parts) > 1:
        irreps = []
        for part in parts:
            name = name_of(part)
            if name is None:
                return None
            irreps.append(name.partition(":")[2])
        return f"{representation.group.name}:{'+'.join(irreps)}"
    group = named_group(representation.group.name)
    if group != representation.group:
        return None
    if isinstance(group, CompactGroup):
        return f"{group.name}:{representation.name}" if representation.name else None
    for irrep in (*group.irrep_names, representation.name):
        try:
            if irrep is not None and group.irrep(irrep) == representation:
                return f"{representation.group.name}:{representation.name or irrep}"
        except UnknownNameError:
            # A name that the user gave.
            continue
    return None
