#!/usr/bin/env python3
"""Compaction of many files, killed at many moments: the rows stay as they are.

Usage: compaction_test.py PROGRAM [unittest arguments]

The long form (MP_LONG=1): 1,000 instruments, 5 types, 60 flushes and 50 kills.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = ""
LONG = os.environ.get("MP_LONG") == "1"
INSTRUMENTS, FLUSHES, KILLS = (1000, 60, 50) if LONG else (40, 8, 6)
OWN = 20 if LONG else 3  # instruments that have files of their own
ROWS = 10  # of an instrument and flush
TYPES = ("trade", "quote", "ticker", "mark_price", "funding")
DEADLINE = 900
START = 1_764_000_000_000_000_000  # 2025-11-24T16:00:00Z


def query(data, sql):
    done = subprocess.run([PROGRAM, "query", "--data", data, "--format", "csv", sql],
                          capture_output=True, text=True, timeout=DEADLINE, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout.splitlines()[1:]


def make(data):
    """Files as the sink names them: of each type and flush one of most, and some of one each."""
    statements = []
    for kind in TYPES:
        folder = data / "parquet" / f"type={kind}" / "venue=binance" / "date=2025-11-24"
        folder.mkdir(parents=True)
        for flush in range(FLUSHES):
            begin = START + flush * 60_000_000_000
            first, end = (n * INSTRUMENTS * ROWS * len(TYPES) for n in (flush, flush + 1))
            name = f".s0-{first:020}-{end:020}-{begin:016x}-{begin + 59_999_999_999:016x}.parquet"
            for who in ["mixed", *(f"I{n}-USDT" for n in range(OWN))]:
                chosen = f"i >= {OWN}" if who == "mixed" else f"'I' || i || '-USDT' = '{who}'"
                statements.append(
                    f"COPY (SELECT 'I' || i || '-USDT' AS instrument, make_timestamp_ns({begin} + "
                    f"(n * 59999999999) // {ROWS} + i) AS ts_recv, make_timestamp_ns({begin}) AS "
                    f"ts_event, ({flush * ROWS} + n + 1)::UBIGINT AS seq, 'I' || i || 'USDT' AS "
                    f"symbol, (i * 7 + n) / 3.0 AS price, (i * 7 + n)::BIGINT AS price_mantissa, "
                    f"(-2)::TINYINT AS price_exponent FROM range({INSTRUMENTS}) a(i), "
                    f"range({ROWS}) b(n) WHERE {chosen} ORDER BY n, i) "
                    f"TO '{folder / (who + name)}' (FORMAT parquet)")
    for at in range(0, len(statements), 100):  # a word of a command line has 128 KiB at most
        query(data, "; ".join(statements[at:at + 100]))


def files(data):
    return sum(1 for _ in data.glob("parquet/type=*/*/*/*.parquet"))


def rows(data):
    """Numbers that change with any row that is lost, doubled or altered."""
    return [query(data, f"SELECT count(*), count(DISTINCT (instrument, seq)), sum(hash(instrument, "
                        f"ts_recv, ts_event, seq, symbol, price, price_mantissa)) FROM {kind}")
            for kind in TYPES]


class Compaction(unittest.TestCase):
    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="mp-compact-"))
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.made = self.dir / "made"
        self.made.mkdir()
        make(self.made)

    def fresh(self):
        """The same files once more, by second names."""
        shutil.rmtree(self.dir / "d", True)
        shutil.copytree(self.made, self.dir / "d", copy_function=os.link,
                        ignore=shutil.ignore_patterns(".files.lock", ".query"))
        return self.dir / "d"

    def compact(self, data, seconds=None):
        """Killed after that time; its duration and its most memory, in MiB."""
        began = time.monotonic()
        with subprocess.Popen([PROGRAM, "compact", data], stdout=subprocess.DEVNULL) as process:
            if seconds is not None:
                try:
                    process.wait(timeout=seconds)
                except subprocess.TimeoutExpired:
                    process.kill()
                return 0, 0
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return time.monotonic() - began, usage.ru_maxrss / 1024

    def test_rows_are_the_same_wherever_a_kill_comes(self):
        data = self.fresh()
        all_rows = rows(data)
        total = INSTRUMENTS * FLUSHES * ROWS
        self.assertEqual([int(row[0].split(",")[0]) for row in all_rows], [total] * len(TYPES))
        before = files(data)
        duration, memory = self.compact(data)
        after = files(data)
        self.assertEqual(after, len(TYPES) * (OWN + 1))
        self.assertEqual(rows(data), all_rows)
        print(f"{before} files are {after}, {total * len(TYPES)} rows: {duration:.1f} s, "
              f"{memory:.0f} MiB", flush=True)
        chance = random.Random(11)
        struck = 0
        data = self.fresh()
        for number in range(KILLS):
            count = files(data)
            self.compact(data, chance.uniform(0, duration * 0.95))
            struck += files(data) not in (count, after)
            self.assertEqual(rows(data), all_rows, f"after the kill {number}")
            if files(data) == after or number % 5 == 4:
                data = self.fresh()
        print(f"{KILLS} kills, {struck} of them when some of it was done: nothing lost or doubled",
              flush=True)
        self.compact(data)
        self.assertEqual(rows(data), all_rows)
        self.assertEqual(files(data), after)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
