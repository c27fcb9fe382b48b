#!/usr/bin/env python3
"""Recordings of real venues, served as venues: what a collector stores of one is what `replay` says.

Usage: recordings_test.py PROGRAM FOLDER_OF_RECORDINGS [unittest arguments]

A row of RECORDINGS is a test. The collector needs the recording's own answer to its request for a
listing, so these have to wait: Binance's of 2021-04-05, 2024-08-08 and 2024-08-09 (none, or
snapshots alone).
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import NamedTuple

PROGRAM = ""
FOLDER = Path()
DEADLINE = 180


class Row(NamedTuple):
    venue: str
    recording: str
    symbols: list  # as the recording's listing spells them
    channels: list


RECORDINGS = [
    Row("binance", "binance_spot/BINANCE.20210814_1446.ndjson.zst",
        ["FTMUSDT", "SXPBTC", "BADGERBTC", "XMRBTC"], ["trade", "quote", "book", "candle"]),
    Row("okx", "okx/OKX.20220227_2314.ndjson.zst",
        ["ETH-USD-220624-20000-C", "PROPS-ETH", "ZEN-USDT", "ETH-USD-220624-12000-P",
         "UNI-USD-SWAP", "ELON-USDT", "BTC-USD-220325-40000-C", "ETH-USD-220228-3000-C",
         "ETH-USD-220325-8800-P", "ETH-USD-220429-1900-P"], ["trade", "book", "ticker"]),
]

# Of the run and not of the venue: connects are told as status, the listing as instruments.
NOT_COMPARED = ("status", "instrument")


def events_by_stream(lines):
    streams = {}
    for line in lines:
        event = json.loads(line)
        if event["type"] in NOT_COMPARED:
            continue
        del event["ts_recv"]
        streams.setdefault((event["type"], event["symbol"]), []).append(event)
    return streams


def stored_lines(data):
    """Whole lines of all NDJSON files, finished or not."""
    lines = []
    for path in sorted((data / "ndjson").rglob("*")):
        if not path.is_file():
            continue
        try:
            text = path.read_text()
        except FileNotFoundError:  # finished in this moment: its new name has it
            return []
        lines += [line for line in text.split("\n")[:-1] if line.startswith('{"type"')]
    return lines


class Served:
    """`replay FILE --serve`, until it is left."""

    def __init__(self, recording, folder, *arguments):
        self.ledger = folder / "ledger.ndjson"
        self.process = subprocess.Popen(
            [PROGRAM, "replay", recording, "--serve", "--ca-file", folder / "ca.pem",
             "--ledger", self.ledger, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        self.where = json.loads(self.process.stdout.readline())
        self.summary = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=DEADLINE)
        if self.process.returncode == 0:
            self.summary = json.loads(errors.splitlines()[-1])


class Recordings(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="mp-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir, True)

    def collector(self, row, where):
        """A collector of the row's streams that stores NDJSON, started."""
        config = f'[data]\ndir = "{self.dir}/data"\n[sink.parquet]\nenabled = false\n'
        config += "[sink.ndjson]\nenabled = true\ncompress = false\n"
        config += f'[[feed]]\nvenue = "{row.venue}"\nsymbols = {json.dumps(row.symbols)}\n'
        config += f"channels = {json.dumps(row.channels)}\n[venue.{row.venue}]\n"
        for key in ("ws_url", "rest_url", "ca_file"):
            config += f"{key} = {json.dumps(where[key])}\n"
        (self.dir / "c.toml").write_text(config)
        return subprocess.Popen([PROGRAM, "run", self.dir / "c.toml", "--plain"], cwd=self.dir,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def stored(self, row, where, enough):
        """What the collector stored once it had `enough` events, or the deadline passed."""
        process = self.collector(row, where)
        give_up = time.monotonic() + DEADLINE / 2
        while time.monotonic() < give_up and process.poll() is None:
            stored = events_by_stream(stored_lines(self.dir / "data"))
            if sum(map(len, stored.values())) >= enough:
                break
            time.sleep(0.2)  # between two looks at the files
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, errors)
        return events_by_stream(stored_lines(self.dir / "data"))

    def check(self, row):
        recording = FOLDER / row.recording
        if not recording.exists():
            self.skipTest(f"the recording {row.recording} is not beside the checkout")
        replayed = subprocess.run([PROGRAM, "replay", recording, "--venue", row.venue], text=True,
                                  capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        expected = events_by_stream(replayed.stdout.splitlines())
        enough = sum(map(len, expected.values()))
        self.assertGreater(enough, 0)
        with Served(recording, self.dir) as served:
            stored = self.stored(row, served.where, enough)
        self.assertEqual({key: len(events) for key, events in stored.items()},
                         {key: len(events) for key, events in expected.items()})
        for key, events in expected.items():
            for number, (ours, theirs) in enumerate(zip(stored[key], events)):
                self.assertEqual(ours, theirs, f"{key}, event {number}")
        self.assertEqual(served.summary["sessions"], 1)
        self.assertEqual(served.summary["frames_sent"], served.where["frames"])
        lines = [json.loads(line) for line in served.ledger.read_text().splitlines()]
        self.assertEqual([line["frame"] for line in lines if "frame" in line],
                         list(range(1, served.where["frames"] + 1)))


def test_of(row):
    return lambda self: self.check(row)


for each in RECORDINGS:
    name = Path(each.recording).name.split(".ndjson")[0].replace(".", "_").lower()
    setattr(Recordings, f"test_{name}", test_of(each))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    FOLDER = Path(sys.argv.pop(1)).absolute()
    unittest.main(verbosity=2)
