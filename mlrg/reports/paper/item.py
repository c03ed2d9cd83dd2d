"""What one figure or table of the paper becomes: pictures, data, and numbers side by side."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import xarray

from mlrg.figures.style import Figure
from mlrg.flow.config import TrainingConfig
from mlrg.flow.ensemble import train
from mlrg.flow.run import Run
from mlrg.flow.stored_run import load_run
from mlrg.model import SpinModel
from mlrg.rbm.star import Star
from mlrg.storage import write_netcdf

# The representations that the paper trains, Table II.
POINTS = ("A1", "A1+E", "2A1+E")


@dataclass(frozen=True)
class Row:
    """One number beside the paper's and the exact one; empty text where there is none."""

    quantity: str
    ours: str
    paper: str = ""
    exact: str = ""
    error: str = ""


@dataclass
class Item:
    """One figure, table or equation of the report.

    Attributes
    ----------
    name, title : str
    rows : list of Row
    notes : list of str
        What a reader should know about the numbers, a sentence or two each.
    text : str
        Anything that is printed as it stands.
    figures : list of str
        Names of picture files without ending.
    seconds : float
    """

    name: str
    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    text: str = ""
    figures: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Session:
    """Where a report is written and how much work goes into it.

    Attributes
    ----------
    out : Path
    seeds : int
        Models in an ensemble.
    quick : bool
        A small report: fewer seeds, short training, coarse grids.
    """

    out: Path
    seeds: int = 10
    quick: bool = False
    _runs: dict = field(default_factory=dict)

    def model(self, point: str, frame: str = "rotating") -> SpinModel:
        """Return the Ising model (Table II) with spins that carry this point representation."""
        return SpinModel("Z2:odd", point, frame)

    def settings(self, point: str) -> dict:
        """Return the training settings of a representation."""
        if point == "A1":
            return {"steps": 400} if self.quick else {}
        if self.quick:
            return {"steps": 250, "learning_rate": 0.01}
        return {"steps": 4000, "hidden": (64, 64), "learning_rate": 0.003}

    def models(self, point: str) -> int:
        """Return the number of seeds of a representation."""
        return min(self.seeds, 2) if self.quick and point != "A1" else self.seeds

    def run(self, point: str) -> Run:
        """Return the ensemble of a representation, trained if need be; figures share it."""
        if point not in self._runs:
            seeds, star = self.models(point), Star(self.model(point))
            kind = "quick" if self.quick else "full"
            directory = self.out / "runs" / f"{point.replace('+', '_')}-{seeds}-seeds-{kind}"
            train(
                star,
                seeds=seeds,
                config=TrainingConfig(**self.settings(point)),
                out=directory,
                resume=True,
                internal_name="Z2:odd",
            )
            self._runs[point] = load_run(directory, star)
        return self._runs[point]

    def keep(self, item: Item, figure: Figure, suffix: str = "") -> None:
        """Write a picture of an item as PNG and PDF."""
        figure.save(self.out / f"{item.name}{suffix}")
        item.figures.append(f"{item.name}{suffix}")

    def write(self, item: Item, data: xarray.Dataset) -> None:
        """Write the data of an item as netCDF."""
        data.attrs["title"] = item.title
        write_netcdf(self.out / f"{item.name}.nc", data)


Maker = Callable[[Session], Item]


def timed(maker: Maker, session: Session) -> Item:
    """Make an item and note how long it took."""
    begin = time.perf_counter()
    item = maker(session)
    item.seconds = time.perf_counter() - begin
    return item
