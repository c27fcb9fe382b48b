"""A collector with the sink that is tried, another sink beside it, and what is compared."""
import json
import random
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from proxy import Proxy
from servers import DEADLINE, free_port, until

FEEDS = """[[feed]]
venue = "binance"
instruments = ["BTC-USDT", "ETH-USDT"]
channels = ["trade", "quote", "book"]
[[feed]]
venue = "okx"
instruments = ["BTC-USDT"]
channels = ["trade", "book"]
"""
CONFIG = """[data]
dir = "d"
[control]
listen = "127.0.0.1:0"
[sink.parquet]
enabled = false
[sink.beside]
type = "ndjson"
compress = false
rotate_age = "1s"
[sink.tried]
type = "{type}"
batch_events = 64
batch_age = "20ms"
retry_first = "20ms"
retry_longest = "500ms"
{section}
""" + FEEDS


class Simulator:
    """The venues that all collectors of the suite listen to."""

    def __init__(self, program, folder, rate=150):
        self.process = subprocess.Popen(
            [program, "simulate", "--rate", str(rate), "--ca-file", folder / "ca.pem"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.words = [word for _ in ("binance", "okx")
                      for word in self.process.stdout.readline().split()]

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=DEADLINE)


class Collector:
    """May be started again and again with one data directory."""

    def __init__(self, program, folder, config, words, stdout=subprocess.DEVNULL):
        self.program, self.folder, self.words, self.stdout = program, folder, words, stdout
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "c.toml").write_text(config)
        self.data = folder / "d"
        self.process = None

    def start(self):
        (self.data / "control.url").unlink(missing_ok=True)
        with open(self.folder / "said", "ab") as said:
            self.process = subprocess.Popen(
                [self.program, "run", "c.toml", "--plain", *self.words], cwd=self.folder,
                stdout=self.stdout, stderr=said)
        return self

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def said(self):
        """Nothing, where it was never started."""
        file = self.folder / "said"
        return file.read_text() if file.exists() else ""

    def document(self, name):
        """Of the control API; nothing while it does not answer."""
        assert self.running, f"the collector ended: {self.said()[-800:]}"
        try:
            url = (self.data / "control.url").read_text().strip()
            with urllib.request.urlopen(f"{url}/api/v1/{name}", timeout=DEADLINE) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def sinks(self):
        """By name."""
        return {sink["name"]: sink for sink in self.document("sinks") or []}

    def until_live(self):
        """All that CONFIG wants comes, now."""
        until(lambda: (status := self.document("status")) and status["instruments"]["live"] == 3,
              "all instruments")

    def sink(self, name="tried"):
        return self.sinks().get(name, {})

    def delivered(self, name="tried"):
        return self.sink(name).get("delivered", 0)

    def until_delivered(self, more, name="tried"):
        """So many more than now."""
        goal = self.delivered(name) + more
        until(lambda: self.delivered(name) >= goal,
              f"{name} delivers {more}; {self.sinks()}")

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=DEADLINE)

    def stop(self, wanted=0):
        """As a service manager does, which waits."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=DEADLINE)
        assert code == wanted, (code, self.said()[-800:])

    def ledger(self):
        """The journal: all events that were collected, as lines."""
        done = subprocess.run([self.program, "tap", "--all", "--data", self.data], text=True,
                              capture_output=True, timeout=DEADLINE, check=True)
        return done.stdout.splitlines()

    def beside(self):
        """What the other sink has stored."""
        return [line for file in (self.data / "beside").rglob("*.ndjson")
                for line in file.read_text().splitlines()]

    def dead_letters(self):
        file = self.data / "dead-letter" / "tried.ndjson"
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]


class Result(NamedTuple):
    """A line of the table."""
    sink: str
    case: str
    sent: int
    stored: int
    lost: int
    twice: int
    dead: int = 0
    seconds: float = 0.0


class Trial:
    """One case of one sink: a server with a proxy before it, and a collector."""

    def __init__(self, row, program, words, seed, is_poisoned=False):
        self.row, self.program = row, program
        self.chance = random.Random(seed)
        self.folder = Path(tempfile.mkdtemp(prefix=f"mp-sink-{row.name}-"))
        self.server = row.server(self.folder / "server")
        self.proxy = Proxy(self.server.port)
        self.proxy.chance = self.chance
        self.server.proxied(self.proxy)
        self.poisoned = self.server.poison() if is_poisoned else None
        self.words = words
        self.begin = time.monotonic()
        section = self.server.section(self.proxy.port) + row.keys
        self.collector = self.collector_in("collector", section)

    def collector_in(self, name, section):
        config = CONFIG.format(type=self.row.type, section=section)
        if "batch_events" in section:
            config = config.replace("batch_events = 64\n", "", 1)
        return Collector(self.program, self.folder / name, config, self.words,
                         self.server.output())

    def serve(self):
        """The server comes, and has all that it needs before the collector finds it."""
        self.proxy.refuses = True
        self.server.start()
        self.proxy.refuses = False

    def start(self):
        """Server and collector, until events are stored."""
        self.serve()
        self.collector.start()
        self.collector.until_delivered(50)
        return self.collector

    def hold(self, seconds):
        """The length of a fault. The other sink notices nothing of it."""
        end = time.monotonic() + seconds
        before = self.collector.delivered("beside")
        until(lambda: time.monotonic() >= end, "the end of a fault", seconds + DEADLINE)
        sinks = self.collector.sinks()
        beside, tried = sinks["beside"], sinks["tried"]
        assert beside["delivered"] > before, f"the other sink stands still: {beside}"
        assert beside["retries"] == 0 and not beside["problem"], beside
        assert beside["lag_events"] <= max(500, tried["lag_events"] // 4), (beside, tried)

    def finish(self):
        """All is well again, what is left is delivered, and the collector ends."""
        self.proxy.answer_delay, self.proxy.refuses, self.proxy.cuts_left = 0.0, False, 0
        if not self.server.running:
            self.serve()
        if not self.collector.running:
            self.collector.start()
        self.collector.until_delivered(1)
        until(lambda: (sink := self.collector.sink()) and sink["lag_events"] < 300
              and sink["is_open"], f"the sink catches up: {self.collector.sinks()}")
        self.collector.stop()

    def compare(self, case):
        """Integer for integer: line for line."""
        ledger, beside = self.collector.ledger(), self.collector.beside()
        stored = self.server.rows()
        dead = self.collector.dead_letters()
        poison = set()
        if self.poisoned:
            poison = {line for line in ledger if self.poisoned(json.loads(line), line)}
            letters = Counter(json.dumps(each["event"]) for each in dead)
            wanted = {json.dumps(json.loads(line)) for line in poison}
            assert poison and set(letters) == wanted, (len(poison), len(letters))
        else:
            assert not dead, f"{len(dead)} dead letters: {dead[0]['problem']}"
        assert len(set(ledger)) == len(ledger) and len(ledger) > 50, len(ledger)
        assert sorted(beside) == sorted(ledger), "the other sink has something else"
        counts = Counter(stored)
        wanted = set(ledger) - poison
        strange = [line for line in counts if line not in wanted]
        assert not strange, f"{len(strange)} rows that nobody sent, as {strange[0]}"
        if self.server.in_order:
            self.check_order(counts)
        return Result(self.row.name, case, len(ledger), len(stored), len(wanted - set(counts)),
                      len(stored) - len(counts), len(dead), time.monotonic() - self.begin)

    def last_words(self):
        """Of both, for who wants to know why it failed."""
        log = self.server.folder / "log"
        said = log.read_text(errors="replace") if log.exists() else ""
        return (f"{self.proxy.cuts} cuts; collector: ...{self.collector.said()[-1500:]}\n"
                f"server: ...{said[-1500:]}")

    def check_order(self, stored):
        """Of each stream, by what came first: `seq` rises."""
        last = {}
        for line in stored:
            event = json.loads(line)
            stream = (event["venue"], event["type"], event["symbol"])
            assert event["seq"] > last.get(stream, -1), f"out of order: {line[:300]}"
            last[stream] = event["seq"]

    def clean(self):
        if self.collector.running:
            self.collector.kill()
        self.proxy.stop()
        self.server.clean()
        shutil.rmtree(self.folder, True)


__all__ = ["Collector", "Result", "Simulator", "Trial", "free_port", "until"]
