#!/usr/bin/env python3
"""Faults played on recordings of real venues, one for each family of books.

Usage: families_test.py PROGRAM FOLDER_OF_RECORDINGS [--long]   --long: all, for docs/faults.md

A recording is served with frames that get lost, or with connections that are cut (`replay --serve
--faults --ledger`). What the collector stored must be what `replay` reads in the frames that were
sent, trade for trade; and where a lost frame held a change of a book that its venue numbers or sums
up, a gap must say so. What a book is worth after that shows in that none is ever crossed.
"""
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

sys.dont_write_bytecode = True

import recordings_test as recordings  # noqa: E402  (found beside this file)

DEADLINE = 90
AT_ONCE = 3
PROGRAM = ""
FOLDER = Path()
# Of a family one, the one with the most changes of books.
FAMILIES = {row.venue: row for row in recordings.RECORDINGS if row.venue not in {
    "binance-us", "bybit-linear", "htx-linear", "hitbtc-v2", "poloniex"}}
# What a lost change of these books shows in nothing: neither a number nor a sum goes with it.
UNNUMBERED = {"bitflyer", "bithumb-v1", "bitmex", "coinbase", "delta", "gemini", "phemex", "probit",
              "upbit"}
# A sum over the best levels alone: a change behind them shows once it has come to the front.
SUMMED = {"okx", "kraken-v1", "bitget-v1"}
SHORT = {"ascendex", "bitfinex", "bybit", "gate", "kraken-futures", "okx"}


class Fault(NamedTuple):
    name: str
    plan: str  # {} are its first and last frame
    drops: bool


FAULTS = [Fault("ten frames lost", "drop@{}-{}", True),
          Fault("end without goodbye", "cut@{}", False)]


def replayed(venue, recording):
    """Events, by type."""
    done = subprocess.run([PROGRAM, "replay", recording, "--venue", venue], text=True,
                          capture_output=True, timeout=DEADLINE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()], json.loads(
        done.stderr.splitlines()[-1])


def trades_of(events):
    keys = ("symbol", "trade_id", "price", "quantity", "side", "ts_event")
    return {tuple(event[key] for key in keys) for event in events if event["type"] == "trade"}


def book_gaps(events):
    return {event["symbol"] for event in events if event["type"] == "status"
            and event["condition"] == "gap" and event["channel"] == "book"}


class Played:
    def __init__(self, row, fault, share):
        self.row, self.fault, self.share = row, fault, share
        self.dir = Path(tempfile.mkdtemp(prefix="mp-families-"))

    def run(self):
        full, counts = replayed(self.row.venue, FOLDER / self.row.recording)
        streams = {(event["type"], event["symbol"]) for event in full
                   if event["type"] in ("trade", "book")}
        recording = recordings.with_listing(
            self.row, sorted({symbol for _, symbol in streams}), self.dir)
        lines = self.text_of(recording)
        first = 1 + int(counts["frames"] * self.share)
        plan = self.fault.plan.format(first, first + 9)
        events = {stream: [] for stream in streams}
        with recordings.Served(recording, self.dir, "--faults", plan) as served:
            process = recordings.collector_of(self.row.venue, events, served.where, self.dir)
            self.wait(served, counts["frames"])
            process.send_signal(signal.SIGINT)
            _, self.said = process.communicate(timeout=DEADLINE)
        self.code = process.returncode
        ledger = [row for row in served.lines() if row.get("line") and "frame" in row]
        # Who asks a book anew hears the recording from its beginning: what one session lost the
        # next one may bring.
        lost = {row["line"] for row in ledger if row["bytes"] == 0}
        never = lost - {row["line"] for row in ledger if row["bytes"] > 0}
        self.played = sum(served.summary.get("faults", {}).values())
        kept = self.dir / "sent.ndjson"
        kept.write_bytes(b"\n".join(line for number, line in enumerate(lines, 1)
                                    if number not in never) + b"\n")
        self.sent, _ = replayed(self.row.venue, kept)
        self.stored = [json.loads(line) for line in recordings.stored_lines(self.dir / "data")]
        times = {self.received(lines[number - 1]) for number in lost}
        changes = [event for event in full if event["type"] == "book" and not event["is_snapshot"]]
        # A change that was lost shows in the next one; what a snapshot has already was no loss.
        last = {event["symbol"]: event["ts_recv"] // 1000 for event in changes}
        had = {event["symbol"]: event["last_sequence"] or 0 for event in full
               if event["type"] == "book" and event["is_snapshot"]}
        self.changed = {event["symbol"] for event in changes if event["ts_recv"] // 1000 in times
                        and last[event["symbol"]] > max(times)
                        and (event["last_sequence"] or math.inf) > had.get(event["symbol"], 0)}

    @staticmethod
    def text_of(recording):
        if recording.suffix == ".zst":
            return subprocess.run(["zstd", "-dcq", recording], capture_output=True,
                                  check=True).stdout.splitlines()
        return recording.read_bytes().splitlines()

    @staticmethod
    def received(line):
        """In microseconds, as recordings have it."""
        return round(float(json.loads(line)["ts"]) * 1e6)

    def wait(self, served, frames):
        """Until all was sent, and what came of it is stored."""
        end, before = time.monotonic() + DEADLINE, None
        while time.monotonic() < end:
            time.sleep(1)  # between two looks
            rows = served.ledger.read_text().count('"frame"')
            now = (rows, len(recordings.stored_lines(self.dir / "data")))
            if rows >= frames and now == before:
                return
            before = now

    def wrong(self):
        if self.code != 0:
            yield f"it ends with {self.code}: {self.said[-300:]}"
        if not self.played:
            yield "no fault was played"
        stored, sent = trades_of(self.stored), trades_of(self.sent)
        if sent - stored:
            yield f"{len(sent - stored)} of {len(sent)} trades were sent and not stored"
        if stored - sent:
            yield f"{len(stored - sent)} trades are stored and were not sent so"
        # A book whose snapshot is older than the hole waits for another one, and says nothing yet.
        begun = {event["symbol"] for event in self.stored if event["type"] == "book"}
        unmarked = (self.changed & begun) - book_gaps(self.stored)
        must = self.changed if self.row.venue in SUMMED else unmarked
        if unmarked and unmarked >= must and self.row.venue not in UNNUMBERED:
            yield f"changes of {sorted(unmarked)[:3]} were lost, and no gap says so"
        crossed = [event for event in self.stored if event["type"] == "status"
                   and event["reason"] == "crossed"]
        if crossed and self.row.venue not in UNNUMBERED:
            yield f"a book was crossed: {crossed[0]}"


def play(row, fault, share):
    made = Played(row, fault, share)
    try:
        made.run()
        wrong = list(made.wrong())
        marked = len(made.changed & book_gaps(made.stored))
        lost = len(trades_of(made.sent) - trades_of(made.stored))
        print(f"| {row.venue} | {fault.name} | {made.played} | "
              f"{len(trades_of(made.stored))} | {lost} | {len(made.changed)} | {marked} |",
              *wrong, sep="\n  WRONG: ", flush=True)
        return not wrong
    except Exception as error:  # pylint: disable=broad-except
        print(f"| {row.venue} | {fault.name} |\n  WRONG: {error!r}", flush=True)
        return False
    finally:
        shutil.rmtree(made.dir, True)


def main(is_long):
    if not FOLDER.exists():
        print("the recordings are not beside the checkout")
        return 77
    print("| venue | fault | injected | trades | lost | books with lost changes | marked |\n"
          "| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    only = os.environ.get("MP_VENUE")
    with ThreadPoolExecutor(AT_ONCE) as room:
        done = [room.submit(play, row, fault, share)
                for row in FAMILIES.values() for fault in FAULTS
                for share in ((0.3, 0.5, 0.7) if is_long else (0.5,))
                if (only == row.venue if only else
                    is_long or (row.venue in SHORT and fault.drops))]
        return 0 if all(each.result() for each in done) else 1


if __name__ == "__main__":
    PROGRAM = recordings.PROGRAM = os.path.abspath(sys.argv[1])
    FOLDER = recordings.FOLDER = Path(sys.argv[2]).absolute()
    sys.exit(main("--long" in sys.argv))
