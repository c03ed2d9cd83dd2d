"""Times of exact character tables of 138 groups, beside GAP's where `gap` is installed.

Each group is declared anew by its permutations. Prints one row for each group whose table takes
longest, the total, and, with GAP, how many are slower than three times GAP's time and 0.2 s.
"""

import json
import shutil
import subprocess
import time
from pathlib import Path

from mlrg.symmetry import FiniteGroup, character_table
from mlrg.symmetry.burnside_dixon import irreducible_characters

ROUNDS, SHOWN = 3, 12
DATA = Path(__file__).parents[1] / "tests" / "data" / "groups.jsonl"


def own_time(row):
    """The least of a few times, the caches emptied before each."""
    times = []
    for _ in range(ROUNDS):
        irreducible_characters.cache_clear()
        begin = time.perf_counter()
        degree = len(row["generators"][0]) if row["generators"] else 1
        character_table(FiniteGroup(row["generators"], degree=degree))
        times.append(time.perf_counter() - begin)
    return min(times)


def gap_times(rows):
    """Seconds of GAP's Irr for each group, in one process; None without GAP."""
    if shutil.which("gap") is None:
        return None
    program = []
    for row in rows:
        lists = [[image + 1 for image in generator] for generator in row["generators"]]
        made = ",".join(f"PermList({generator})" for generator in lists)
        program.append(
            f"t := NanosecondsSinceEpoch();; g := Group([{made}], ());; Irr(g);; "
            'Print("T ", NanosecondsSinceEpoch() - t, "\\n");'
        )
    out = subprocess.run(
        ["gap", "-q", "-b"], input="\n".join(program), capture_output=True, text=True, check=True
    ).stdout
    return [int(line.split()[1]) / 1e9 for line in out.splitlines() if line.startswith("T ")]


def main():
    rows = [json.loads(line) for line in DATA.read_text().splitlines()]
    own, peers = [own_time(row) for row in rows], gap_times(rows)
    print("| group | order | classes | mlrg | GAP |")
    print("|---|---|---|---|---|")
    for k in sorted(range(len(rows)), key=lambda k: -own[k])[:SHOWN]:
        row, peer = rows[k], f"{1e3 * peers[k]:.0f} ms" if peers else "not installed"
        classes = len(row["classes"])
        print(f"| {row['name']} | {row['order']} | {classes} | {1e3 * own[k]:.0f} ms | {peer} |")
    print(f"\n{len(rows)} tables in {sum(own):.2f} s")
    if peers:
        slow = sum(mine > 3 * other + 0.2 for mine, other in zip(own, peers, strict=True))
        print(f"GAP {sum(peers):.2f} s; {slow} slower than three times GAP and 0.2 s")


if __name__ == "__main__":
    main()
