"""The models of a survey, declared by names and checked before anything is computed."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v
from mlrg.symmetry.twists import point_representations

ALL_POINTS = "all"


@dataclass(frozen=True)
class Declaration:
    """One model of a survey by its names.

    Attributes
    ----------
    internal, point, frame, family : str
    """

    internal: str
    point: str
    frame: str
    family: str

    @property
    def model(self) -> SpinModel:
        """The declared model."""
        return SpinModel(self.internal, self.point, self.frame, self.family)

    @property
    def file_name(self) -> str:
        """Name of the file of its answers."""
        text = "_".join((self.internal, self.point, self.frame, self.family))
        return "".join(c if c.isalnum() or c in "-_+." else "-" for c in text) + ".json"


def declarations(
    internals: Sequence[str],
    points: Sequence[str],
    frames: Sequence[str] = ("rotating",),
    families: Sequence[str] = ("bilinear",),
    states: int = 8,
) -> list[Declaration]:
    """Return every model of a survey, in order, each once.

    Parameters
    ----------
    internals : sequence of str
        As `parse_internal` reads them.
    points : sequence of str
        Point representations; ``all`` stands for those with at most `states` states, one of each
        class that `mlrg.symmetry.twists` tells.
    frames, families : sequence of str
    states : int

    Raises
    ------
    InputError
        If a name is not known; nothing has been computed then.
    """
    found: dict[Declaration, None] = {}
    for internal in internals:
        representation = parse_internal(internal)
        for frame in frames:
            for text in points:
                if text == ALL_POINTS:
                    chosen = point_representations(representation, states, frame)
                else:
                    chosen = [C4v(text)]
                for point in chosen:
                    for family in families:
                        declared = Declaration(internal, point.name, frame, family)
                        # The declaration is checked here and not by a worker hours later.
                        _ = declared.model.spins
                        found[declared] = None
    if not found:
        raise InputError("the survey has no model: name at least one of each")
    return list(found)
