"""Names for internal representations, as the command line and run files write them.

* ``GROUP:IRREP`` such as ``Z2:odd``;
* a direct sum of irreps, ``D4:E+B1``, is one spin with a component in each and a coupling in each;
* ``Z2xZ2:1x0+0x1+1x1`` takes irreps of a direct product as products of one irrep a factor;
* ``GROUP:two-sided`` is a spin whose values are the group's elements, under G × G (left and right
  multiplication): its couplings are class functions;
* ``package.module:attribute`` is a Representation that a user declared in Python.
"""

import importlib
import os
import re
import sys
from functools import reduce

from mlrg.errors import UnknownNameError
from mlrg.symmetry.actions import two_sided_representation
from mlrg.symmetry.families import (
    NamedGroup,
    alternating,
    cyclic,
    dihedral,
    quaternion,
    symmetric,
)
from mlrg.symmetry.representations import Representation

TWO_SIDED = "two-sided"
_FAMILIES = {"Z": cyclic, "S": symmetric, "A": alternating, "D": dihedral}


def named_group(name: str) -> NamedGroup | None:
    """Return the group of this name (``Z3``, ``S4``, ``A5``, ``D4``, ``Q8``), or None."""
    if name == "Q8":
        return quaternion()
    match = re.fullmatch(r"([ZSAD])([1-9]\d{0,2})", name)
    return _FAMILIES[match[1]](int(match[2])) if match else None


def parse_internal(text: str) -> Representation:
    """Return the internal representation that a name stands for.

    Raises
    ------
    UnknownNameError
        If the group, the irrep, the module or the attribute does not exist.
    """
    head, colon, tail = text.partition(":")
    if not colon or not head or not tail:
        raise UnknownNameError(
            f"internal representation {text!r} is not of the form GROUP:IRREP: write for instance "
            "Z2:odd, or package.module:attribute for your own"
        )
    factors = [named_group(factor) for factor in head.split("x")]
    if None not in factors:
        return _from_irreps(factors, tail)
    if re.fullmatch(r"[A-Za-z]\d+", head):
        raise UnknownNameError(
            f"group {head!r} in {text!r} is not known: use Zn, Sn, An, Dn or Q8, or declare a "
            "Representation in Python and give it as package.module:attribute"
        )
    return _imported(text, head, tail)


def _from_irreps(factors: list[NamedGroup], tail: str) -> Representation:
    """Return a sum of irreps, each a product of one irrep a factor of the group."""
    if tail == TWO_SIDED and len(factors) == 1:
        return two_sided_representation(factors[0])
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


def _imported(text: str, module_name: str, attribute: str) -> Representation:
    # A console script does not look in the working directory, where users keep their own modules.
    sys.path.insert(0, os.getcwd())
    try:
        found = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise UnknownNameError(
            f"internal representation {text!r} is neither a known group nor an importable "
            f"attribute ({error}): check the spelling or run from the module's directory"
        ) from error
    finally:
        sys.path.remove(os.getcwd())
    if not isinstance(found, Representation):
        raise UnknownNameError(
            f"{text!r} is a {type(found).__name__}, not an mlrg Representation: "
            "point to a Representation object"
        )
    return found


def name_of(representation: Representation) -> str | None:
    """Return the GROUP:IRREP name that `parse_internal` turns back into this representation.

    None where there is no such name, and for direct products and two-sided representations.
    """
    parts = representation.summands
    if len(parts) > 1:
        names = [name_of(part) for part in parts]
        if None in names:
            return None
        group = representation.group.name
        return f"{group}:{'+'.join(name.partition(':')[2] for name in names)}"
    group = named_group(representation.group.name)
    if group != representation.group:
        return None
    for irrep in group.irrep_names:
        if group.irrep(irrep) == representation:
            return f"{representation.group.name}:{representation.name or irrep}"
    return None
