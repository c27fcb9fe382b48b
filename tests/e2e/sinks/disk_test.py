#!/usr/bin/env python3
"""Sinks that write files, on disks that are full: nobody crashes, what is lost is said to the last
event, and it goes on within seconds of space. The disks are small tmpfs, which root alone mounts.

Usage: disk_test.py PROGRAM [unittest arguments]      MP_SINKS=long: a minute without space
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True

from databases import FIELDS  # noqa: E402  (found beside this file)
from harness import FEEDS, Collector, Simulator  # noqa: E402
from servers import DEADLINE, until  # noqa: E402

IS_LONG = os.environ.get("MP_SINKS") == "long"
RESUMED_MAX = 5.0  # seconds from space to the first event that is delivered
MIB = 1 << 20
SINKS = ("parquet", "lines", "tables")
IO_ERROR = 74  # how a collector ends whose journal lost events
CONFIG = """[data]
dir = "d"
[control]
listen = "127.0.0.1:0"
[journal]
{journal}
[sink.parquet]
flush_age = "1s"
compact = false
[sink.lines]
type = "ndjson"
compress = false
rotate_age = "1s"
[sink.tables]
type = "csv"
compress = "none"
rotate_age = "1s"
""" + FEEDS


class Disk:
    """A small one."""

    def __init__(self, folder, bytes_of_it):
        self.folder = folder
        folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={bytes_of_it}", "none", folder],
                       check=True, timeout=DEADLINE)

    def fill(self):
        """To the last byte, again and again: who is refused takes back what was begun."""
        with open(self.folder / "filler", "ab", buffering=0) as file:
            for piece in (MIB, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"." * piece):
                        pass
        return True

    def free(self):
        (self.folder / "filler").unlink()

    def unmount(self):
        subprocess.run(["umount", "-l", self.folder], check=False, timeout=DEADLINE)


def missing_and_said(ledger):
    """By venue and symbol: what numbers of streams leave out, and what gaps of the journal say."""
    missing, said, last = Counter(), Counter(), {}
    for event in ledger:
        about = event["venue"], event["symbol"]
        if event.get("reason") == "journal disk full":
            said[about] += event["missing"]
            continue  # the journal's own: it is in no stream's numbers
        stream = (*about, event["type"])
        missing[about] += event["seq"] - last.get(stream, 0) - 1
        last[stream] = event["seq"]
    return +missing, +said


@unittest.skipUnless(os.geteuid() == 0, "only root mounts disks")
class FullDisk(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="mp-disk-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def begin(self, disks, journal="", rate=150):
        """`disks`: of which folders, how large."""
        disks = [Disk(self.folder / "collector" / name, size) for name, size in disks.items()]
        for disk in disks:
            self.addCleanup(disk.unmount)
        simulator = Simulator(PROGRAM, self.folder, rate)
        self.addCleanup(simulator.stop)
        collector = Collector(PROGRAM, self.folder / "collector", CONFIG.format(journal=journal),
                              simulator.words).start()
        self.addCleanup(lambda: collector.running and collector.kill())
        collector.until_live()
        until(lambda: all(collector.delivered(name) for name in SINKS), "all sinks deliver")
        return collector, disks

    def hold_full(self, collector, disks, is_over, what):
        """Full until that, as far as a file of ours can make it."""
        until(lambda: [disk.fill() for disk in disks] and is_over(), what, 300)

    def resumed(self, collector, disks):
        """Seconds from space until all sinks deliver."""
        before = {name: collector.delivered(name) for name in SINKS}
        begin = time.monotonic()
        for disk in disks:
            disk.free()
        until(lambda: all(collector.delivered(name) > before[name] for name in SINKS),
              f"all deliver again: {collector.sinks()}")
        return time.monotonic() - begin

    def finish(self, collector, code=0):
        until(lambda: all(sink["lag_events"] < 300 and sink["is_open"] and not sink["dead_letters"]
                          for sink in collector.sinks().values()), "all catch up")
        collector.stop(code)
        self.assertNotIn("AddressSanitizer", collector.said())
        return [json.loads(line) for line in collector.ledger()]

    def compare(self, collector, ledger):
        """What is in the files is what is in the journal."""
        lines = [json.loads(line) for file in (collector.data / "lines").rglob("*.ndjson")
                 for line in file.read_text().splitlines()]
        key = json.dumps
        self.assertEqual(Counter(map(key, lines)), Counter(map(key, ledger)))
        for channel in FIELDS:
            wanted = Counter((each["venue"], each["symbol"], each["seq"], each["ts_recv"])
                             for each in ledger if each["type"] == channel)
            self.assertEqual(self.in_parquet(collector, channel), wanted, channel)
        trades = Counter(str(each["trade_id"]) for each in ledger if each["type"] == "trade")
        rows = Counter(row.split(",")[4] for file in (collector.data / "tables").rglob("*.csv")
                       for row in file.read_text().splitlines()[1:])
        self.assertEqual(rows, trades)

    def in_parquet(self, collector, channel):
        sql = (f"SELECT venue, symbol, seq, epoch_ns(ts_recv) AS ns FROM {channel}")
        done = subprocess.run([PROGRAM, "query", sql, "--data", collector.data, "--format",
                               "ndjson"],
                              text=True, capture_output=True, timeout=DEADLINE, check=True)
        rows = (json.loads(line) for line in done.stdout.splitlines())
        return Counter((row["venue"], row["symbol"], row["seq"], row["ns"]) for row in rows)

    def test_sinks_wait_for_space(self):
        """The journal has another disk: nothing is lost."""
        collector, disks = self.begin({f"d/{name}": 8 * MIB for name in SINKS})
        self.hold_full(collector, disks, lambda: all(
            sink["problem"] and sink["retries"] > 5 for sink in collector.sinks().values()),
            "all sinks say what is wrong")
        end = time.monotonic() + (60 if IS_LONG else 3)
        self.hold_full(collector, disks, lambda: time.monotonic() > end, "the end of the fault")
        seconds = self.resumed(collector, disks)
        ledger = self.finish(collector)
        self.compare(collector, ledger)
        print(f"\n| full disks of sinks | events {len(ledger)} | lost 0 | twice 0 | "
              f"resumed after {seconds:.1f} s |")
        self.assertFalse([each for each in ledger if each.get("condition") == "gap"])
        self.assertLess(seconds, RESUMED_MAX)

    def test_the_journal_says_what_it_cannot_hold(self):
        """One disk for all, and more than what the journal keeps in memory."""
        collector, disks = self.begin(
            {"d": 100 * MIB}, 'segment_bytes = "1MiB"\nspare_memory_bytes = "1MiB"\n', rate=1500)
        self.hold_full(collector, disks, lambda: "events are dropped" in collector.said(),
                       "more than memory holds")
        end = time.monotonic() + (60 if IS_LONG else 3)
        self.hold_full(collector, disks, lambda: time.monotonic() > end, "the end of the fault")
        seconds = self.resumed(collector, disks)
        ledger = self.finish(collector, code=IO_ERROR)
        self.compare(collector, ledger)
        missing, said = missing_and_said(ledger)
        self.assertIn(f"{said.total()} events were dropped", collector.said())
        print(f"\n| full disk of all | events {len(ledger)} | missing {missing.total()} | "
              f"said {said.total()} | resumed after {seconds:.1f} s |")
        self.assertEqual(missing, said)
        self.assertTrue(said)
        self.assertLess(seconds, RESUMED_MAX)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
