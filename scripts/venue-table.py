#!/usr/bin/env python3
"""A table of all venues: their file, recorded frames, and how each channel was verified.

Usage: scripts/venue-table.py PROGRAM FOLDER_OF_RECORDINGS

A family shares a file. `ns`: of CPU for a data frame, the median of the recordings. `fast`: of the
data frames, those that the scanner read by itself.
Evidence is that of docs/venues.md: channels that are recorded, compared with another project's
reading (pair), or documented alone.
"""
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
import pairs_tables as tables  # noqa: E402
from pairs_compare import decoded  # noqa: E402

FRAMES_MIN = 100  # of data, to be timed
WORDS = {"R": "recorded", "P": "pair", "D": "documented"}


def files_by_venue():
    """Of each venue, the file that makes its adapter."""
    registry = (ROOT / "src/venue/registry.cpp").read_text()
    made_by = {name: path for path in sorted((ROOT / "src/venue").glob("*.cpp"))
               if path.name != "registry.cpp"
               for name in re.findall(r"^std::unique_ptr<Adapter> (make_\w+)\(", path.read_text(),
                                      re.MULTILINE)}
    return {venue: made_by[name]
            for venue, name in re.findall(r'Registration{"([^"]+)", &(\w+)}', registry)}


def evidence_by_venue():
    rows = re.findall(r"^\| \[([^\]]+)\]\([^)]*\) \|(.*)\|$",
                      (ROOT / "docs/venues.md").read_text(), re.MULTILINE)
    return {venue: ", ".join(f"{count} {WORDS[letter]}" for letter in "RPD"
                             if (count := Counter(re.findall("[RPD]", cells))[letter]))
            for venue, cells in rows}


def nanoseconds(program, venue, path):
    """Of a data frame; nothing where a recording has none, or no session."""
    with tempfile.NamedTemporaryFile() as rows:
        done = subprocess.run([program, "bench", "decode", "--recording", path, "--venue", venue,
                               "--json", rows.name], capture_output=True, check=False)
        if done.returncode != 0:
            return None
        return json.loads(Path(rows.name).read_text())["ours"]["median"]


def main(program, folder):
    listed = subprocess.run([program, "list", "venues"], capture_output=True, text=True, check=True)
    venues = [line.split()[0] for line in listed.stdout.splitlines()]
    totals = {venue: Counter() for venue in venues}
    costs = {venue: [] for venue in venues}
    for name, recorded in tables.RECORDED.items():
        for venue in recorded:
            for path in sorted((Path(folder) / name).iterdir()):
                counts = decoded(program, venue, path)
                totals[venue].update(counts)
                if counts["data"] >= FRAMES_MIN and (
                        cost := nanoseconds(program, venue, path)) is not None:
                    costs[venue].append(cost)
    files, evidence = files_by_venue(), evidence_by_venue()
    print("| venue | file | lines | frames | data | ns | fast | evidence of channels |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for venue in venues:
        total, path = totals[venue], files[venue]
        fast = f"{1 - total['slow'] / total['data']:.2%}" if total["data"] else ""
        cost = f"{statistics.median(costs[venue]):.0f}" if costs[venue] else ""
        lines = len(path.read_text().splitlines())
        print(f"| {venue} | {path.name} | {lines} | {total['frames'] or ''} | {total['data'] or ''}"
              f" | {cost} | {fast} | {evidence[venue]} |")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
