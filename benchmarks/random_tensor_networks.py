"""Critical bond dimensions of random tensor networks: tensors beside strips of their own.

Prints the tables of docs/random-tensor-networks.md. The strips share nothing with the library:
permutations, weights, row-to-row transfer matrices and a Lanczos iteration are written here. Widths
L and L + 1 have equal gaps L ln(λ₀/λ₁) at a coupling x_L, which is taken to L → ∞ by the power law
through the last three.
"""

import argparse
import itertools
import resource
import time

import numpy as np
from scipy.optimize import brentq

import mlrg
from mlrg.analysis.sizes import order_of

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--replicas", type=int, nargs="+", default=[2, 3, 4])
parser.add_argument("--lattices", nargs="+", default=["square", "lieb"])
parser.add_argument("--parts", nargs="+", default=["strips", "rings", "tensors"])
parser.add_argument("--widest", type=int, default=9, help="widest strip of three replicas")
parser.add_argument("--rings", type=int, nargs="+", default=[4, 6, 8], help="states, n = 2")
parser.add_argument("--three", type=int, nargs="+", default=[15, 24, 36, 48], help="states, n = 3")
parser.add_argument("--four", type=int, nargs="+", default=[24, 40, 52], help="states, n = 4")
options = parser.parse_args()

EXACT = {"square": np.log(1 + np.sqrt(2)), "lieb": np.arccosh(1 + np.sqrt(2))}
# Where the transitions are looked for: x = ln D.
RANGES = {"square": (0.8, 1.1), "lieb": (1.4, 1.9)}
# Widths of the brackets by the number of replicas: two phases of 25 states part at once.
TOLERANCES = {2: 1e-12, 3: 1e-12, 4: 1e-6}


class Strip:
    """Rows of L permutations on a circle, each joined to the next by W(x, y) = D^cycles(x⁻¹y)."""

    def __init__(self, replicas: int, lattice: str):
        values = list(itertools.permutations(range(replicas)))
        self.lattice, self.size = lattice, len(values)
        self.cycles = np.array([[self._cycles(x, y) for y in values] for x in values])
        first = np.array([value[0] == 0 for value in values], dtype=float)
        # Functions of one spin: constant, and odd as a matrix element of the permutations.
        self.functions = [np.ones(self.size), first - first.mean()]

    @staticmethod
    def _cycles(x, y) -> int:
        inverse = np.argsort(x)
        step, left, count = [inverse[k] for k in y], set(range(len(x))), 0
        while left:
            count, point = count + 1, left.pop()
            while step[point] in left:
                point = step[point]
                left.remove(point)
        return count

    def weight(self, x: float) -> np.ndarray:
        """Return W over the largest entry; on the Lieb lattice with the spin of the bond summed."""
        found = np.exp(x * (self.cycles - self.cycles.max()))
        found = found @ found if self.lattice == "lieb" else found
        return found / found.max()

    def largest(self, x: float, width: int, function: int) -> float:
        """Return the largest eigenvalue of a row in the sector of a function of one spin."""
        weight, shape = self.weight(x), (self.size,) * width
        root = np.ones(shape)
        for place in range(width):
            there = (place + 1) % width
            axes = [1] * width
            axes[place] = axes[there] = self.size
            root = root * np.sqrt(weight).reshape(axes)

        def row(vector):
            vector = root * vector
            for _ in range(width):
                vector = np.tensordot(vector, weight, axes=(0, 0))
            return root * vector

        start = np.zeros(shape)
        for place in range(width):
            axes = [1] * width
            axes[place] = self.size
            start = start + self.functions[function].reshape(axes)
        return lanczos(row, start)

    def gap(self, x: float, width: int) -> float:
        """Return Δ = L ln(λ₀/λ₁)/2π."""
        even, odd = (self.largest(x, width, function) for function in (0, 1))
        return width * np.log(even / odd) / (2 * np.pi)

    def crossing(self, width: int, low: float, high: float) -> float:
        """Return where the gaps of two widths are equal."""
        return brentq(lambda x: self.gap(x, width) - self.gap(x, width + 1), low, high, xtol=1e-7)

    def exponent(self, x: float, width: int) -> float:
        """Return y from the slopes of the gaps of two widths."""
        slopes = [(self.gap(x + 1e-4, n) - self.gap(x - 1e-4, n)) for n in (width, width + 1)]
        return np.log(slopes[1] / slopes[0]) / np.log((width + 1) / width)

    def central_charge(self, x: float, width: int) -> float:
        """Return c from the free energies of two widths, f + πc/6L²."""
        free = [np.log(self.largest(x, n, 0)) / n for n in (width, width + 1)]
        return 6 / np.pi * (free[0] - free[1]) / (width**-2.0 - (width + 1) ** -2.0)


def lanczos(product, start: np.ndarray, steps: int = 200) -> float:
    """Return the largest eigenvalue of a symmetric matrix in the sector of a vector."""
    now, before, lengths, diagonal = start / np.linalg.norm(start), 0.0, [], []
    known = np.inf
    for _ in range(steps):
        image = product(now)
        diagonal.append(float(np.vdot(now, image)))
        image = image - diagonal[-1] * now - (lengths[-1] * before if lengths else 0.0)
        found = np.linalg.eigvalsh(
            np.diag(diagonal) + np.diag(lengths, 1) + np.diag(lengths, -1)
        ).max()
        length = float(np.linalg.norm(image))
        # A sector that is exhausted goes on with rounding, which belongs to every sector.
        if abs(found - known) < 1e-13 * found or length < 1e-9 * found:
            return found
        known = found
        lengths.append(length)
        now, before = image / lengths[-1], now
    raise ArithmeticError("Lanczos did not converge")


def to_infinity(widths, crossings) -> float:
    """Return the limit of x_L = x + a (L + ½)^−p through three points."""
    centres = np.array(widths) + 0.5
    ratio = (crossings[2] - crossings[1]) / (crossings[1] - crossings[0])

    def off(power):
        shares = centres**-power
        return (shares[2] - shares[1]) / (shares[1] - shares[0]) - ratio

    power = brentq(off, 0.5, 12.0)
    shares = centres**-power
    slope = (crossings[2] - crossings[1]) / (shares[2] - shares[1])
    return crossings[2] - slope * shares[2]


def strips(replicas: int, lattice: str) -> None:
    """Print crossings of strips and where they lead."""
    strip = Strip(replicas, lattice)
    widest = {2: 12, 3: options.widest, 4: 5}[replicas]
    low, high = RANGES[lattice]
    widths, found, limits = [], [], []
    for width in range(2 if replicas > 3 else 4, widest):
        begin = time.perf_counter()
        at = strip.crossing(width, low, high)
        y, c = strip.exponent(at, width), strip.central_charge(at, width)
        widths.append(width)
        found.append(at)
        low, high = at - 2e-3, at + 2e-2
        limit = to_infinity(widths[-3:], found[-3:]) if len(found) > 2 else np.nan
        limits.append(limit)
        print(
            f"| {replicas} | {lattice} | {width}, {width + 1} | {at:.6f} | {limit:.5f} | "
            f"{y:.3f} | {c:.3f} | {strip.gap(at, width + 1):.4f} | "
            f"{time.perf_counter() - begin:.0f} |",
            flush=True,
        )


def search(replicas: int, lattice: str, rgmap) -> tuple:
    """Return a transition and the time it took."""
    begin = time.perf_counter()
    along = rgmap.model.class_couplings(mlrg.cycles)
    found = mlrg.critical(rgmap, *RANGES[lattice], along, TOLERANCES[replicas])
    return found, time.perf_counter() - begin


def rings(lattice: str) -> None:
    """Print transitions of two replicas from matched rings, beside the exact ones."""
    model = mlrg.SpinModel("S2:two-sided", "A1")
    for states in options.rings:
        found, seconds = search(
            2, lattice, mlrg.Tensor(model, states, mlrg.Ring(), lattice=lattice)
        )
        delta = ", ".join(f"{value:.4f}" for value in found.scaling_dimensions[1:3])
        print(
            f"| 2 | {lattice} | {states} | {found.coupling:.8f} | "
            f"{found.coupling - EXACT[lattice]:+.1e} | {np.exp(found.coupling):.7f} | {delta} | "
            f"{found.central_charge:.4f} | {seconds:.0f} |",
            flush=True,
        )


def tensors(replicas: int, lattice: str) -> None:
    """Print transitions of more replicas from single tensors, and the limit of all sizes."""
    model = mlrg.SpinModel(f"S{replicas}:two-sided", "A1")
    transitions = []
    for states in {3: options.three, 4: options.four}[replicas]:
        found, seconds = search(replicas, lattice, mlrg.Tensor(model, states, lattice=lattice))
        transitions.append(found)
        if found.order == "first":
            heat, y = mlrg.latent_heat(found), mlrg.distance_exponent(found)
            more = f"{heat.value:.3f} ± {heat.error:.3f} | {y:.3f} | – | –"
        else:
            delta = f"{found.scaling_dimensions[1]:.4f}"
            more = f"– | – | {delta} | {found.central_charge:.3f}"
        order = found.order or "not shown"
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"| {replicas} | {lattice} | {states} | {found.coupling:.6f} | "
            f"{np.exp(found.coupling):.4f} | {order} | {more} | {seconds:.0f} | "
            f"{memory:.1f} |",
            flush=True,
        )
    if len(transitions) > 1:
        limits = mlrg.limits(transitions)
        value, error = (float(part) for part in limits["critical_coupling"])
        order = order_of(transitions, limits) or "not resolved"
        dimension = np.exp(value)
        print(
            f"| {replicas} | {lattice} | limit | {value:.4f} ± {error:.4f} | "
            f"{dimension:.3f} ± {dimension * error:.3f} | {order} | | | | | | |",
            flush=True,
        )


def header(*names: str) -> None:
    """Print the head of a table."""
    print(f"\n| {' | '.join(names)} |\n|{'---|' * len(names)}")


if "strips" in options.parts:
    header("n", "lattice", "widths", "x_L", "to L → ∞", "y", "c", "Δ", "s")
    for replicas, lattice in itertools.product(options.replicas, options.lattices):
        strips(replicas, lattice)
if "rings" in options.parts and 2 in options.replicas:
    header("n", "lattice", "states", "x_c", "off", "D_c", "Δσ, Δε", "c", "s")
    for lattice in options.lattices:
        rings(lattice)
if "tensors" in options.parts:
    header(
        *("n", "lattice", "states", "x_c", "D_c", "order", "latent heat", "y", "Δ", "c"),
        *("s", "GiB"),
    )
    for replicas, lattice in itertools.product(options.replicas, options.lattices):
        if replicas > 2:
            tensors(replicas, lattice)
