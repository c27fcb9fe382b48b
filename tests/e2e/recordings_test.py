#!/usr/bin/env python3
"""Recordings of real venues, served as venues: a collector stores of one what `replay` says.

Usage: recordings_test.py PROGRAM FOLDER_OF_RECORDINGS [unittest arguments]

A row of RECORDINGS is a test. The collector needs the recording's own answer to its request for a
listing. These have none and have to wait, unless their adapter can do without: ascendex, bitfinex,
bitflyer of 2021-04-05, bitmex, bitstamp, bybit of 2025, deribit, gemini of 2021-04-05, kraken v1,
probit, upbit, and Binance's of 2021-04-05, 2024-08-08 (all three) and 2024-08-09. Phemex's has two
connections of one path, which one session cannot have both.
"""
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
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
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=DEADLINE)
        if self.process.returncode == 0:
            self.summary = json.loads(errors.splitlines()[-1])

    def lines(self):
        return [json.loads(line) for line in self.ledger.read_text().splitlines()]


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
        self.assertEqual(served.summary["sessions"], served.where["connections"])
        self.assertEqual(served.summary["frames_sent"], served.where["frames"])
        frames = {}
        for line in served.lines():
            if "frame" in line:
                frames.setdefault(line["session"], []).append(line["frame"])
        for sent in frames.values():
            self.assertEqual(sent, list(range(1, len(sent) + 1)))


class Serving(unittest.TestCase):
    """The command by itself."""

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="mp-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.recording = self.dir / "r.ndjson"
        self.recording.write_text(
            '{"t":"header","exchange":"ANY"}\n'
            '{"t":"http","conn":"h","ts":1,"url":"https://x.example/list","data":"[1,2]"}\n'
            '{"t":"connect","conn":"c","ts":1,"url":"wss://x.example/ws"}\n'
            '{"t":"recv","conn":"c","ts":1.5,"data":"{}"}\n'
            '{"t":"recv","conn":"c","ts":1.6,"b64":"AAH/"}\n')

    def fails(self, code, *words, arguments=()):
        result = subprocess.run([PROGRAM, "replay", *map(str, arguments)], cwd=self.dir, text=True,
                                capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stdout, "")
        for word in words:
            self.assertIn(word, result.stderr)
        return result.stderr

    def test_says_where_it_is_and_what_it_did(self):
        with Served(self.recording, self.dir, "--faults", "http-status@2:429") as served:
            where = served.where
            self.assertEqual((where["connections"], where["frames"]), (1, 2))
            context = ssl.create_default_context(cafile=where["ca_file"])
            with urllib.request.urlopen(where["rest_url"] + "/list?x=1", context=context,
                                        timeout=DEADLINE) as answer:
                self.assertEqual(json.load(answer), [1, 2])
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(where["rest_url"] + "/list", context=context,
                                       timeout=DEADLINE)
            self.assertEqual(refused.exception.code, 429)
            refused.exception.close()
        self.assertEqual(served.process.returncode, 0)
        self.assertEqual(served.summary, {
            "sessions": 0, "frames_sent": 0, "frames_unsent": 0, "rest_answers": 2, "not_found": 0,
            "faults": {"http-status": 1}})
        self.assertEqual([(line["url"], line["line"], line["status"], line["fault"])
                          for line in served.lines()],
                         [("/list?x=1", 2, 200, None), ("/list", None, 429, "http-status")])

    def test_ends_by_itself_when_told_so(self):
        result = subprocess.run([PROGRAM, "replay", self.recording, "--serve", "--for", "1s"],
                                cwd=self.dir, text=True, capture_output=True, timeout=DEADLINE,
                                check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(json.loads(result.stdout)["ws_url"].startswith("wss://127.0.0.1:"))
        self.assertTrue(Path(json.loads(result.stdout)["ca_file"]).exists())
        self.assertEqual(json.loads(result.stderr.splitlines()[-1])["sessions"], 0)

    def test_a_bad_plan_is_exit_2_in_one_sentence(self):
        error = self.fails(2, '"cut@x"', "expected a number from 1",
                           arguments=[self.recording, "--serve", "--faults", "drop@5,cut@x"])
        self.assertEqual(error.count("\n"), 1)

    def test_wrong_usage_is_exit_2(self):
        for arguments in (["--speed", "0x"], ["--speed", "fast"], ["--speed", "10x"],
                          ["--faults", "cut@5"], ["--ledger", "l"], ["--for", "5s"],
                          ["--serve", "--end", "explode"], ["--serve", "--speed", "1001x"],
                          ["--serve", "--port", "65536"]):
            self.fails(2, arguments[-2], arguments=[self.recording, *arguments])

    def test_files_and_ports_that_cannot_be_had(self):
        self.fails(74, "none", arguments=["none", "--serve"])
        self.fails(74, "no/ledger", arguments=[self.recording, "--serve", "--ledger", "no/ledger"])
        self.fails(74, "no/ca", arguments=[self.recording, "--serve", "--ca-file", "no/ca"])
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.fails(69, str(port), "in use",
                       arguments=[self.recording, "--serve", "--port", port])
        (self.dir / "frames.ndjson").write_text('{"e":"trade"}\n')
        self.fails(65, "frames.ndjson:1", arguments=["frames.ndjson", "--serve"])
        (self.dir / "empty.ndjson").write_text("")
        self.fails(65, "empty.ndjson", arguments=["empty.ndjson", "--serve"])

    @unittest.skipIf(os.geteuid() == 0, "root may read every file")
    def test_a_recording_that_may_not_be_read(self):
        self.recording.chmod(0)
        self.fails(77, "r.ndjson", arguments=[self.recording, "--serve"])

    def test_plays_on_without_serve(self):
        result = subprocess.run([PROGRAM, "replay", self.recording, "--venue", "okx", "--speed",
                                 "1x"], text=True, capture_output=True, timeout=DEADLINE,
                                check=False)
        self.assertEqual(json.loads(result.stderr.splitlines()[-1])["frames"], 2)


def test_of(row):
    return lambda self: self.check(row)


for each in RECORDINGS:
    name = Path(each.recording).name.split(".ndjson")[0].replace(".", "_").lower()
    setattr(Recordings, f"test_{name}", test_of(each))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    FOLDER = Path(sys.argv.pop(1)).absolute()
    unittest.main(verbosity=2)
