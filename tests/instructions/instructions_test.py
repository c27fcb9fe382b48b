#!/usr/bin/env python3
"""Instructions of the message path on fixed inputs, counted by callgrind.

instructions_test.py PROGRAM             3 % more than counts.txt says fails
instructions_test.py PROGRAM --accept    writes what is counted: for a change whose commit says why

Instructions do not depend on the machine's load, and hardly on the machine: valgrind shows every
program the same processor. They do depend on the compiler: g++ 12.2 with the preset release.
"""

import re
import subprocess
import sys
from pathlib import Path

COUNTS = Path(__file__).with_name("counts.txt")
ALLOWED = 1.03
WORKS = {  # name: the function that is counted
    "decode_binance": "counted_decode",
    "decode_okx": "counted_decode",
    "book": "counted_book",
    "append": "counted_append",
    "read": "counted_read",
}


def count(program, work, function):
    """Instructions for each frame, level of a book, or event."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
               "--collect-atstart=no", f"--toggle-collect={function}", program, work]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    return int(collected.group(1)) / int(done.stdout)


def main():
    program = sys.argv[1]
    counts = {work: count(program, work, function) for work, function in WORKS.items()}
    if "--accept" in sys.argv[2:]:
        COUNTS.write_text("".join(f"{work} {value:.0f}\n" for work, value in counts.items()))
        return 0
    allowed = dict(line.split() for line in COUNTS.read_text().splitlines())
    failed = False
    for work, value in counts.items():
        ratio = value / int(allowed[work])
        grown = ratio > ALLOWED
        failed = failed or grown
        print(f"{work}: {value:.0f} instructions, {allowed[work]} in counts.txt, {ratio:.3f} x"
              + (" FAILED" if grown else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
