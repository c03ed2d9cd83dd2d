"""Left cosets of a subgroup, normal closures, and quotient groups."""

from collections.abc import Sequence

from mlrg.errors import LargeGroupError
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.permutations import Permutation, compose, inverse

# Largest number of cosets that are listed.
INDEX_LIMIT = 20_000


class LeftCosets:
    """The left cosets g·H of a subgroup, the subgroup itself first.

    Parameters
    ----------
    group, subgroup : PermutationGroup
        The generators of the subgroup are elements of the group.

    Attributes
    ----------
    elements : list of permutations
        One of each coset.
    action : list of permutations
        How each generator of the group permutes the cosets.

    Raises
    ------
    LargeGroupError
        If there are more than `INDEX_LIMIT`.
    """

    def __init__(self, group: PermutationGroup, subgroup: PermutationGroup):
        count = group.order // subgroup.order
        if count > INDEX_LIMIT:
            raise LargeGroupError(
                f"{subgroup.name} has {count} cosets in {group.name}, more than the {INDEX_LIMIT} "
                "that are listed: take a larger subgroup"
            )
        self._chain = subgroup.chain
        self.elements: list[Permutation] = [group.identity]
        self._places = {self._chain.coset_label(group.identity): 0}
        images: list[list[int]] = [[] for _ in group.generators]
        for element in self.elements:
            for generator, row in zip(group.generators, images, strict=True):
                moved = compose(generator, element)
                label = self._chain.coset_label(moved)
                if label not in self._places:
                    self._places[label] = len(self.elements)
                    self.elements.append(moved)
                row.append(self._places[label])
        self.action: list[Permutation] = [tuple(row) for row in images]

    def __len__(self):
        return len(self.elements)

    def split(self, element: Permutation) -> tuple[int, Permutation]:
        """Return the place of an element's coset, and h with element = coset · h."""
        place = self._places[self._chain.coset_label(element)]
        return place, compose(inverse(self.elements[place]), element)


def normal_closure(group: PermutationGroup, elements: Sequence) -> PermutationGroup:
    """Return the least normal subgroup that holds some elements of a group.

    Raises
    ------
    GroupError
        If one of them is not an element of the group.
    """
    found = group.subgroup(elements)
    while True:
        outside = next(
            (
                conjugate
                for element in found.generators
                for generator in group.generators
                if (conjugate := compose(compose(generator, element), inverse(generator)))
                not in found
            ),
            None,
        )
        if outside is None:
            return found
        found = group.subgroup([*found.generators, outside])


def coset_action(group: PermutationGroup, subgroup: PermutationGroup) -> list[Permutation]:
    """Return how each generator of a group permutes the left cosets of a subgroup."""
    return LeftCosets(group, subgroup).action
