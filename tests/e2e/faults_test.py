#!/usr/bin/env python3
"""Faults of connections, played to the program itself: what was sent is stored or marked.

Usage: faults_test.py PROGRAM [--long]      --long: each row many times, for docs/faults.md

A recording that the program makes of the simulator is served with faults (`replay --serve
--faults --ledger`). What the ledger says was sent, less what was stored, is what gaps must call
missing, number for number. Then a venue of our own that cuts whoever breaks a limit is asked for
5,000 topics.
"""
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

sys.dont_write_bytecode = True

import recordings_test as recordings  # noqa: E402  (found beside this file)
from hostile_venue import CLOSE, LISTING, PONG, TEXT, Venue, answer, frame  # noqa: E402

DEADLINE = 60
PROGRAM = ""
CONFIG = """[data]
dir = "d"
[sink.parquet]
enabled = false
[sink.ndjson]
enabled = true
compress = false
[[feed]]
venue = "binance"
"""


class Row(NamedTuple):
    name: str
    plan: str  # {} is a place
    legs: int = 1
    loses: bool = False  # something, which must be marked
    pauses: bool = False  # the program is stopped for three seconds


ROWS = [
    Row("end without goodbye", "cut@{}"),
    Row("end without goodbye, of one leg", "cut@{}", legs=2),
    Row("close with notice", "close@{}:1001"),
    Row("close with notice, of one leg", "close@{}:1001", legs=2),
    Row("mute", "mute@{}"),
    Row("mute, of one leg", "mute@{}", legs=2),
    Row("stall of 2 s", "delay@{}:2s"),
    Row("one message lost", "drop@{}", loses=True),
    Row("ten messages lost", "drop@{0}-{1}", loses=True),
    Row("ten messages lost by one leg", "drop@{0}-{1}", legs=2),
    Row("messages twice", "double~0.05:seed={}"),
    Row("upgrade refused", "refuse@1:503"),
    Row("listing refused", "http-status@1:429"),
    Row("snapshot refused", "http-status@2:418"),
    Row("the program is stopped for 3 s", "", pauses=True),
]


def config_of(where, extra=""):
    urls = "".join(f"{key} = {json.dumps(where[key])}\n" for key in ("ws_url", "rest_url",
                                                                     "ca_file") if key in where)
    return CONFIG + extra + "[venue.binance]\n" + urls


def make_recording(folder):
    """Of the simulator: two symbols, some seconds."""
    simulator = subprocess.Popen(
        [PROGRAM, "simulate", "--rate", "200", "--ca-file", folder / "sim.pem"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    words = simulator.stdout.readline().split()
    subprocess.run([PROGRAM, "record", "binance:BTC-USDT,ETH-USDT@trade,book", "--out", "r.ndjson",
                    "--data", "rd", "--for", "8s", "--plain", *words], cwd=folder, check=True,
                   capture_output=True, timeout=DEADLINE)
    simulator.terminate()
    simulator.communicate(timeout=DEADLINE)
    return folder / "r.ndjson"


class Sent:
    """Trades and updates of books that the recording has, and what of them was sent."""

    def __init__(self, recording, ledger):
        lines = recording.read_text().splitlines()
        self.trades, self.updates, lost_updates = {}, {}, []
        self.all_trades = {number for line in lines for number in self.trade_of(line)}
        for row in ledger:
            if "frame" not in row or not row["line"]:
                continue
            whole = row["bytes"] > 0
            for number in self.trade_of(lines[row["line"] - 1]):
                self.trades[number] = self.trades.get(number) or whole
            for update in self.update_of(lines[row["line"] - 1]):
                if not whole:
                    lost_updates.append(update)
                self.updates[update] = self.updates.get(update) or whole
        self.lost_updates = {each for each in lost_updates if not self.updates[each]}

    @staticmethod
    def data_of(line):
        if '"recv"' not in line[:20] or "@" not in line:
            return {}
        return json.loads(json.loads(line).get("data", "{}")).get("data", {})

    def trade_of(self, line):
        data = self.data_of(line)
        return [(data["s"], data["t"])] if data.get("e") == "trade" else []

    def update_of(self, line):
        data = self.data_of(line)
        return [(data["s"], data["U"], data["u"])] if data.get("e") == "depthUpdate" else []


class Played:
    """A run against a served recording."""

    def __init__(self, row, plan, recording):
        self.row, self.plan, self.recording = row, plan, recording
        self.dir = Path(tempfile.mkdtemp(prefix="mp-faults-"))
        self.trades, self.missing, self.gaps = [], set(), []

    def look(self):
        self.trades, self.missing = [], set()
        for line in recordings.stored_lines(self.dir / "d"):
            event = json.loads(line)
            if event["type"] == "trade":
                self.trades.append((event["symbol"], int(event["trade_id"])))
            if event["type"] == "status" and event["condition"] == "gap" and (
                    event["channel"] == "trade"):
                self.missing |= {(event["symbol"], number) for number in
                                 range(event["from_sequence"], event["to_sequence"] + 1)}
        return set(self.trades) | self.missing

    def run(self):
        arguments = ["--speed", "1x"] + (["--faults", self.plan] if self.plan else [])
        wanted = Sent(self.recording, []).all_trades
        begin = time.monotonic()
        with recordings.Served(self.recording, self.dir, *arguments) as served:
            extra = ('instruments = ["BTC-USDT", "ETH-USDT"]\nchannels = ["trade", "book"]\n'
                     f"[collector]\nlegs = {self.row.legs}\n")
            (self.dir / "c.toml").write_text(config_of(served.where, extra))
            process = subprocess.Popen([PROGRAM, "run", "c.toml", "--plain"], cwd=self.dir,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            paused = not self.row.pauses
            while self.look() < wanted and time.monotonic() < begin + DEADLINE:
                if self.trades and not paused:
                    process.send_signal(signal.SIGSTOP)
                    time.sleep(3)  # this is the fault
                    process.send_signal(signal.SIGCONT)
                    paused = True
                time.sleep(0.2)  # between two looks
            process.send_signal(signal.SIGINT)
            _, self.said = process.communicate(timeout=DEADLINE)
        self.code = process.returncode
        self.seconds = time.monotonic() - begin
        self.look()
        self.sent = Sent(self.recording, served.lines())
        self.faults = sum(served.summary.get("faults", {}).values())
        listed = subprocess.run([PROGRAM, "gaps", "--data", self.dir / "d", "--json"], text=True,
                                capture_output=True, timeout=DEADLINE, check=True).stdout
        self.gaps = [gap for gap in map(json.loads, listed.splitlines())
                     if gap["reason"] != "stopped"]

    def wrong(self):
        stored, sent = set(self.trades), {each for each, whole in self.sent.trades.items() if whole}
        if self.code != 0:
            yield f"it ends with {self.code}: {self.said[-300:]}"
        if not (self.faults or self.row.pauses):
            yield "no fault was played"
        if len(stored) != len(self.trades):
            yield f"{len(self.trades) - len(stored)} trades are stored twice"
        if lost := sent - stored:
            yield f"{len(lost)} trades were sent and are not stored"
        if (never := self.sent.all_trades - stored) != self.missing - stored:
            yield f"of {len(never)} trades that did not come, {len(self.missing)} are marked"
        if not self.row.loses and (never or self.book_gaps()):
            yield f"{len(never)} trades are missing, gaps in books: {self.book_gaps()}"
        for symbol, first, last in self.sent.lost_updates:
            if not any(gap["symbol"] == symbol and gap["from_sequence"] <= first
                       and gap["to_sequence"] >= last for gap in self.book_gaps()):
                yield f"updates {first} to {last} of {symbol} were lost, and no gap says so"
        # What one leg lost may be said before the other one brings it, and is healed then.
        unhealed = [gap for gap in self.gaps
                    if not gap["missing"] or gap["missing"] > gap["healed"]]
        if self.row.legs == 2 and unhealed:
            yield f"with two legs there are gaps: {unhealed[:2]}"

    def book_gaps(self):
        return [gap for gap in self.gaps if gap["channel"] == "book" and gap["missing"]]

    def times(self):
        """From the last good event until it was said, and until data came again; in seconds."""
        known = [gap for gap in self.gaps if gap["since"]]
        noticed = max(((gap["said"] - gap["since"]) / 1e9 for gap in known), default=0)
        mended = max(((gap["until"] - gap["said"]) / 1e9 for gap in known if gap["until"]),
                     default=0)
        return noticed, mended


async def play(row, times, recording, room):
    played = []

    def one(number):
        place = 700 + 97 * number  # when the second leg has come, too
        made = Played(row, row.plan.format(place, place + 9), recording)
        try:
            made.run()
            return made, list(made.wrong())
        finally:
            shutil.rmtree(made.dir, True)
    for number in range(times):
        async with room:
            played.append(await asyncio.to_thread(one, number))
    wrong = sorted({sentence for _, sentences in played for sentence in sentences})
    made = [each for each, _ in played]
    lost = sum(len({t for t, whole in each.sent.trades.items() if whole} - set(each.trades))
               for each in made)
    marked = sum(len(each.missing - set(each.trades)) for each in made)
    noticed, mended = (max(each.times()[i] for each in made) for i in (0, 1))
    print(f"| {row.name} | {row.legs} | {times} | {sum(each.faults for each in made)} | "
          f"{sum(len(each.trades) for each in made)} | {lost} | {marked} | {noticed:.1f} | "
          f"{mended:.1f} |", *wrong, sep="\n  WRONG: ", flush=True)
    return not wrong


# ---- a venue that enforces its limits ----

class Strict(Venue):
    """Five frames in a second, 1,024 topics to a connection, 300 connects in five minutes."""

    def __init__(self, symbols):
        super().__init__(SimpleNamespace(listing=None, upgrade=None, session=None, tls="",
                                         host="127.0.0.1"))
        self.topics, self.broken, self.connects = set(), [], deque()
        entry = json.loads(LISTING)["symbols"][0]
        self.listing = json.dumps({"symbols": [
            dict(entry, symbol=symbol, baseAsset=symbol[:-4]) for symbol in symbols]}).encode()

    async def serve(self, reader, writer):
        while True:
            text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip()
                       for line in text.split("\r\n")[1:] if ":" in line}
            if "upgrade" in headers:
                return await self.session(self.client(reader, writer, headers))
            writer.write(answer(self.listing))

    async def session(self, client):
        now = asyncio.get_running_loop().time
        self.connects.append(now())
        if len([at for at in self.connects if at > now() - 300]) > 300:
            return self.broken.append("more than 300 connects in five minutes")
        await client.send(client.upgrade())
        frames, mine = deque(maxlen=6), set()
        while (text := await client.read()) is not None:
            frames.append(now())
            if not text:  # a ping
                await client.send(frame(PONG, b""))
                continue
            request = json.loads(text)
            mine |= set(request["params"])
            if len(frames) == 6 and frames[5] - frames[0] < 1:
                self.broken.append("more than five frames in a second")
            if len(mine) > 1024:
                self.broken.append("more than 1,024 topics")
            if self.broken:
                return await client.send(frame(CLOSE, b"\x03\xf0"))
            self.topics |= mine
            await client.send(frame(TEXT, json.dumps({"result": None, "id": request["id"]})))
        return None


async def many_topics():
    """5,001 topics, and what a strict venue says to how they were asked for."""
    symbols = [f"M{number:04}USDT" for number in range(1667)]
    venue = Strict(symbols)
    where = dict(each.split("=", 1) for each in await venue.start())
    folder = Path(tempfile.mkdtemp(prefix="mp-faults-"))
    (folder / "c.toml").write_text(config_of(
        {key.split(".")[1]: url for key, url in where.items()},
        f'symbols = {json.dumps(symbols)}\nchannels = ["trade", "quote", "ticker"]\n'
        '[collector]\nmax_connections_per_venue = 30\n'))
    begin = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "run", "c.toml", "--plain", cwd=folder, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL)
    while len(venue.topics) < 5001 and not venue.broken and time.monotonic() < begin + 3 * DEADLINE:
        await asyncio.sleep(0.1)  # between two looks
    seconds = time.monotonic() - begin
    process.send_signal(signal.SIGINT)
    await process.wait()
    await venue.stop()
    shutil.rmtree(folder, True)
    print(f"{len(venue.topics)} topics by {len(venue.connects)} connections in {seconds:.0f} s; "
          f"limits broken: {venue.broken or 'none'}")
    return len(venue.topics) == 5001 and not venue.broken


async def all_of_it(is_long):
    folder = Path(tempfile.mkdtemp(prefix="mp-faults-"))
    try:
        recording = make_recording(folder)
        print("| fault | legs | runs | injected | trades | lost | marked | noticed after s | "
              "mended after s |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        room = asyncio.Semaphore(6)
        done = await asyncio.gather(many_topics(), *(
            play(row, 5 if is_long else 1, recording, room) for row in ROWS))
    finally:
        shutil.rmtree(folder, True)
    return 0 if all(done) else 1


if __name__ == "__main__":
    PROGRAM = recordings.PROGRAM = os.path.abspath(sys.argv[1])
    sys.exit(asyncio.run(all_of_it("--long" in sys.argv)))
