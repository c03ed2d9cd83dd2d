"""Times from a name to couplings and spin states: every named irrep up to degree 12, and larger.

Each is measured in a forked process of its own, which has imported the library and nothing more,
once. Prints the slowest of the named ones, how many take longer than a second, and the larger
groups one by one.
"""

import multiprocessing
import time

from mlrg.errors import BudgetError
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import named_group

DEGREE, SHOWN = 12, 8
LARGER = (
    "S7:(4,3)",
    "S10:standard",
    "Z17:1",
    "Z23:1",
    "Z64:1",
    "Z97:1",
    "Z101:1",
    "D50:E1",
    "A5:3'",
    "2I:spinor",
    "S4:two-sided",
)


def measured(name, answer):
    begin = time.perf_counter()
    model = SpinModel(name, "A1")
    count = model.couplings.dimension
    couplings = time.perf_counter() - begin
    try:
        states = len(model.spins.states)
    except BudgetError:
        states = None
    answer.send((name, count, states, couplings, time.perf_counter() - begin))


def in_a_process(name):
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=measured, args=(name, there))
    process.start()
    # With its copy of this end gone, a process that dies without an answer ends the wait.
    there.close()
    answer = here.recv()
    process.join()
    return answer


def named_irreps():
    groups = [f"{letter}{n}" for letter in "SAZ" for n in range(2, DEGREE + 1)]
    groups += [f"D{n}" for n in range(3, DEGREE + 1)] + ["Q8", "2T", "2O", "2I"]
    groups += [f"Dic{n}" for n in range(2, DEGREE // 2 + 1)]
    for name in groups:
        if name != "A2":
            yield from (f"{name}:{irrep}" for irrep in named_group(name).irrep_names)


def table(rows):
    print("| spin | couplings | states | couplings after | states after |")
    print("|---|---|---|---|---|")
    for name, count, states, first, second in rows:
        print(f"| {name} | {count} | {states or 'too many'} | {first:.2f} s | {second:.2f} s |")


def main():
    answers = sorted((in_a_process(name) for name in named_irreps()), key=lambda row: -row[-1])
    table(answers[:SHOWN])
    slow = sum(row[-1] > 1 for row in answers)
    print(f"\n{len(answers)} named irreps up to degree {DEGREE}: {slow} take more than a second\n")
    table(map(in_a_process, LARGER))


if __name__ == "__main__":
    main()
