"""Loop renormalisation as published, in plain numpy, beside the rings of `mlrg`, in one run.

Yang, Gu and Wen (2017): dense tensors on a checkerboard, entanglement filtering by iterated QR
decompositions of the loop, and eight three-legged tensors that match it by alternating least
squares, started from singular vectors. Both start from the same Ising block on the Lieb lattice and
take as many steps; each finds its own critical coupling by bisection.

    python benchmarks/tensor_published.py [--states 2 4 8] [--sweeps 60]
"""

import argparse
import time

import numpy as np

import mlrg

EXACT = mlrg.literature.UNIVERSALITY["Z2:odd"].critical_coupling
RANGE, TOLERANCE, STEPS, READ = (0.70, 0.82), 1e-8, 40, 6
# Z beyond which a flow has left the critical point, 1.764. Nothing keeps the symmetry: later on
# rounding chooses one of the ordered states, and Z falls from near 2 to 1.
DISORDERED, ORDERED = 1.65, 1.85
# Share of the largest singular value below which one is none.
NONE = 1e-12

# Legs of T are right, up, left, down. Clockwise around a plaquette from its upper left corner a
# corner has a leg that comes in, two outer ones and a leg that goes on.
CORNERS = ((3, 2, 1, 0), (2, 1, 0, 3), (1, 0, 3, 2), (0, 3, 2, 1))


def loop_of(one: np.ndarray, other: np.ndarray) -> list[np.ndarray]:
    """Return the four tensors of a plaquette as a ring (in, outer, outer, on)."""
    return [
        tensor.transpose(corner)
        for tensor, corner in zip((one, other, one, other), CORNERS, strict=True)
    ]


def filtered(loop: list[np.ndarray], sweeps: int = 100) -> list[np.ndarray]:
    """Return the ring without what circulates in it alone."""
    count = len(loop)
    right, left = ([np.eye(site.shape[0]) for site in loop] for _ in range(2))
    for _ in range(sweeps):
        for i, site in enumerate(loop):
            moved = np.tensordot(right[i], site, axes=(1, 0))
            found = np.linalg.qr(moved.reshape(-1, site.shape[3]), mode="r")
            right[(i + 1) % count] = found / np.linalg.norm(found)
        for i in reversed(range(count)):
            site = loop[i]
            moved = np.tensordot(site, left[(i + 1) % count], axes=(3, 0))
            found = np.linalg.qr(moved.reshape(site.shape[0], -1).T, mode="r").T
            left[i] = found / np.linalg.norm(found)
    into, out = [], []
    for one, two in zip(right, left, strict=True):
        u, sizes, v = np.linalg.svd(one @ two)
        kept = sizes > NONE * sizes[0]
        roots = np.sqrt(sizes[kept])
        into.append((u[:, kept] / roots).T @ one)
        out.append(two @ (v[kept].T / roots))
    return [
        np.einsum("xl,lpqr,ry->xpqy", into[i], site, out[(i + 1) % count], optimize=True)
        for i, site in enumerate(loop)
    ]


def split(loop: list[np.ndarray], states: int) -> list[np.ndarray]:
    """Return eight tensors (in, outer, on) from the singular vectors of each corner."""
    found = []
    for site in loop:
        a, p, q, b = site.shape
        u, sizes, v = np.linalg.svd(site.reshape(a * p, q * b), full_matrices=False)
        count = min(states, int((sizes > NONE * sizes[0]).sum()))
        roots = np.sqrt(sizes[:count])
        found += [(u[:, :count] * roots).reshape(a, p, count)]
        found += [(roots[:, None] * v[:count]).reshape(count, q, b)]
    return found


def transfer(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return Σ one ⊗ two over outer legs, shape ``(in in', on on')``."""
    outer = tuple(range(1, one.ndim - 1))
    found = np.tensordot(one, two, axes=(outer, outer)).transpose(0, 2, 1, 3)
    return found.reshape(one.shape[0] * two.shape[0], -1)


def joined(halves: list[np.ndarray], corner: int) -> np.ndarray:
    """Return what the two halves of a corner make, (in, outer, outer, on)."""
    return np.tensordot(halves[2 * corner], halves[2 * corner + 1], axes=(2, 0))


def matched(loop: list[np.ndarray], states: int, sweeps: int) -> list[np.ndarray]:
    """Return the eight tensors after alternating least squares."""
    halves = split(loop, states)
    norm = np.trace(np.linalg.multi_dot([transfer(site, site) for site in loop]))
    before = np.inf
    for _ in range(sweeps):
        for corner in range(4):
            order = [(corner + k) % 4 for k in (1, 2, 3)]
            units = [joined(halves, k) for k in order]
            same = np.linalg.multi_dot([transfer(unit, unit) for unit in units])
            mixed = np.linalg.multi_dot(
                [transfer(loop[k], unit) for k, unit in zip(order, units, strict=True)]
            )
            for side in (0, 1):
                halves[2 * corner + side] = best(loop[corner], halves, corner, side, same, mixed)
        # Of the last corner, all others as they were when it was matched.
        unit = joined(halves, 3)
        overlap = np.trace(transfer(loop[3], unit) @ mixed)
        cost = 1 - overlap**2 / (norm * np.trace(transfer(unit, unit) @ same))
        if before - cost < 1e-14:
            break
        before = cost
    return halves


def best(site, halves, corner, side, same, mixed):
    """Return the half that is best while the others stay.

    The rest of the ring leads from where the corner goes on to where it comes in; `same` is that of
    the halves with themselves, `mixed` that of the ring with them.
    """
    other = halves[2 * corner + 1 - side]
    into, on = halves[2 * corner].shape[0], halves[2 * corner + 1].shape[2]
    rest = same.reshape(on, on, into, into)
    pull = mixed.reshape(site.shape[3], on, site.shape[0], into)
    if side == 0:
        gram = np.einsum("mqr,nqs,rslk->lmkn", other, other, rest, optimize=True)
        wanted = np.einsum("lpqr,nqs,rslk->knp", site, other, pull, optimize=True)
    else:
        gram = np.einsum("lpm,kpn,rslk->mrns", other, other, rest, optimize=True)
        wanted = np.einsum("lpqr,kpn,rslk->nsq", site, other, pull, optimize=True)
    size = gram.shape[0] * gram.shape[1]
    found = np.linalg.lstsq(gram.reshape(size, size), wanted.reshape(size, -1), rcond=NONE)[0]
    return found.reshape(wanted.shape).transpose(0, 2, 1)


def step(one: np.ndarray, other: np.ndarray, states: int, sweeps: int):
    """Return the two tensors of the coarse checkerboard."""
    s = matched(filtered(loop_of(one, other)), states, sweeps)
    # Around the plaquettes above and to the right of the one that was matched.
    top = np.einsum("mxa,aen,oeb,bxp->nopm", s[1], s[2], s[5], s[6], optimize=True)
    right = np.einsum("nqr,ruo,lqm,pul->pmno", s[3], s[4], s[0], s[7], optimize=True)
    return top / np.abs(top).max(), right / np.abs(right).max()


def torus(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the transfer matrix of two rows of two columns, down to up."""
    rows = [
        np.einsum("aucd,cvae->deuv", first, second, optimize=True)
        for first, second in ((one, other), (other, one))
    ]
    d, e, u, v = rows[0].shape
    return rows[0].reshape(d * e, u * v) @ rows[1].reshape(u * v, -1)


def reading(one, other) -> tuple[float, np.ndarray]:
    """Return Z and the lowest Δ."""
    sizes = np.sort(np.abs(np.linalg.eigvals(torus(one, other))))[::-1]
    z = sizes.sum() ** 2 / (sizes**2).sum()
    return float(z), np.log(sizes[0] / sizes[:3]) / (2 * np.pi)


def phase(start, states: int, sweeps: int) -> bool:
    """Return whether a flow ends ordered."""
    one = other = start
    for _ in range(STEPS):
        one, other = step(one, other, states, sweeps)
        z = reading(one, other)[0]
        if not DISORDERED < z < ORDERED:
            break
    return z > 0.5 * (DISORDERED + ORDERED)


def published(start_of, states: int, sweeps: int) -> list:
    """Return coupling, Δσ and Δε, seconds of a step and of the search."""
    low, high = RANGE
    begin = time.perf_counter()
    while high - low > TOLERANCE:
        middle = 0.5 * (low + high)
        if phase(start_of(middle), states, sweeps):
            high = middle
        else:
            low = middle
    search = time.perf_counter() - begin
    one = other = start_of(low)
    begin = time.perf_counter()
    for _ in range(READ):
        one, other = step(one, other, states, sweeps)
    each = (time.perf_counter() - begin) / READ
    return [low, *reading(one, other)[1][1:], each, search]


def ours(states: int) -> list:
    """Return the same of rings."""
    student = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), states, mlrg.Ring())
    begin = time.perf_counter()
    found = mlrg.critical(student, *RANGE, tolerance=TOLERANCE)
    search = time.perf_counter() - begin
    begin = time.perf_counter()
    flow = mlrg.follow(student, student.start([found.coupling]), READ)
    each = (time.perf_counter() - begin) / READ
    lowest = mlrg.scaling_dimensions(student, flow.points[-1], columns=2)[1:3]
    return [found.coupling, *lowest, each, search]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--sweeps", type=int, default=60)
    options = parser.parse_args()
    block = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1")).boltzmann

    def start_of(coupling):
        # The bonds of spins that carry A1 weigh nothing.
        return block([coupling]).dense

    print("| states | code | error of J0c | Δσ, step 6 | Δε, step 6 | s a step | s a search |")
    print("|---|---|---|---|---|---|---|")
    for states in options.states:
        both = {
            "as published": published(start_of, states, options.sweeps),
            "ring": ours(states),
        }
        for name, (coupling, first, second, each, search) in both.items():
            print(
                f"| {states} | {name} | {coupling - EXACT:+.1e} | {first:.5f} | {second:.5f} | "
                f"{each:.3f} | {search:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
