#!/usr/bin/env python3
"""How fast sinks of servers are, beside the plainest client of the same server: a loop over the
same library where it has one of its own (peers/write_peer.cpp), else one that sends the very same
bytes again, from memory, and waits for answers where the sink did.

Usage: rate.py PROGRAM [SINK...]      MP_EVENTS=500000   MP_ROUNDS=3

A journal is filled once. Each round has a fresh server for the sink, and one for the other. The
sink stands for all that it does: reading the journal, encoding, identities. Servers that Debian
does not have: scripts/install-servers.sh.
"""
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True

import brokers  # noqa: E402  (found beside this file)
import databases  # noqa: E402
import servers  # noqa: E402
from harness import Collector  # noqa: E402
from servers import DEADLINE, free_port, until  # noqa: E402

EVENTS = int(os.environ.get("MP_EVENTS", "500000"))
ROUNDS = int(os.environ.get("MP_ROUNDS", "3"))
LONGEST = 60  # seconds of a part
CONFIG = """[data]
dir = "d"
[control]
listen = "127.0.0.1:0"
[sink.parquet]
enabled = false
{section}
[[feed]]
venue = "binance"
instruments = ["L*-USDT"]
channels = ["trade", "quote", "book"]
"""


class NatsCore(servers.Nats):
    """Nobody listens."""

    def section(self, port):
        return f'servers = ["nats://127.0.0.1:{port}"]\n'


LARGE = "batch_events = 20000\nbatch_bytes = \"16MiB\"\n"
SINKS = {"nats": ("nats", servers.Nats, ""), "nats-core": ("nats", NatsCore, ""),
         "redis": ("redis", servers.Redis, ""), "mqtt": ("mqtt", brokers.Mosquitto, ""),
         "kafka": ("kafka", brokers.Kafka, ""),
         "clickhouse": ("clickhouse", databases.ClickHouse, LARGE),
         "postgres": ("postgres", databases.Postgres, LARGE),
         "influx": ("influx", databases.Influx, LARGE),
         "questdb": ("questdb", databases.QuestDb, LARGE)}


LOOPS = {"nats": "nats", "nats-core": "core", "redis": "redis", "kafka": "kafka", "mqtt": "mqtt"}


class Tape:
    """A proxy that remembers: of each connection, who said what, in turns."""

    def __init__(self, target):
        self.target, self.connections = target, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            turns, lock = [], threading.Lock()
            self.connections.append(turns)
            for ends in ((client, server, "client"), (server, client, "server")):
                threading.Thread(target=self.pump, args=(*ends, turns, lock), daemon=True).start()

    @staticmethod
    def pump(source, target, who, turns, lock):
        try:
            while data := source.recv(1 << 20):
                with lock:
                    if turns and turns[-1][0] == who:
                        turns[-1][1].append(data)
                    else:
                        turns.append((who, [data]))
                target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Replay:
    """Says one connection's part of a tape; answers may differ from those on it by some bytes."""

    near = 64

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard, self.last = 0, time.monotonic()
        self.moved = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            while data := self.socket.recv(1 << 20):
                with self.moved:
                    self.heard += len(data)
                    self.last = time.monotonic()
                    self.moved.notify()
        except OSError:
            pass

    def wait(self, wanted):
        least = wanted - min(self.near, wanted // 2)  # PostgreSQL begins with one byte
        with self.moved:
            came = self.moved.wait_for(lambda: self.heard >= least, LONGEST)
        assert came, f"the server said {self.heard} bytes, and {wanted} on the tape"

    def play(self, turns, is_measured=False):
        """Seconds from the first large turn to the last answer."""
        begin, wanted = None, 0
        for who, pieces in turns:
            data = b"".join(pieces)
            if who == "server":
                wanted += len(data)
                continue
            self.wait(wanted)
            if begin is None and len(data) > 20_000:
                begin = time.monotonic()
            self.socket.sendall(data)
        self.wait(wanted)
        assert begin or not is_measured, "no large turn is on the tape"
        return (self.last - begin) if begin else 0.0


class Rates:
    def __init__(self, folder):
        self.folder, self.number = folder, 0
        self.words = self.fill()

    def fresh(self, name):
        self.number += 1
        return self.folder / f"{self.number}-{name}"

    def fill(self):
        """The journal that all sinks get."""
        load = subprocess.Popen(
            [PROGRAM, "simulate", "--load", "50", "--messages", str(EVENTS), "--ca-file",
             self.folder / "ca.pem"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = json.loads(load.stdout.readline())["port"]
        words = [f"--set=binance.{key}" for key in (
            f"ws_url=wss://127.0.0.1:{port}", f"rest_url=https://127.0.0.1:{port}",
            f"ca_file={self.folder}/ca.pem")]
        filler = Collector(PROGRAM, self.folder / "journal", CONFIG.format(section=""), words)
        filler.start()
        try:
            load.communicate(timeout=10 * DEADLINE)
            self.settle(filler)
            filler.stop()
        finally:
            load.kill()
            if filler.running:
                filler.kill()
        return words

    @staticmethod
    def settle(filler):
        count = [0]

        def is_still():
            before, count[0] = count[0], filler.document("status")["journal"]["appended"]
            return before == count[0] > EVENTS / 2
        until(is_still, "the end of the load")

    def collector(self, name, section):
        folder = self.fresh(name)
        folder.mkdir()
        shutil.copytree(self.folder / "journal" / "d", folder / "d")
        return Collector(PROGRAM, folder, CONFIG.format(section=section), self.words)

    def deliver(self, name, section):
        """Events, and seconds from the first batch on."""
        collector = self.collector(name, section)
        collector.start()
        seen = []
        try:
            end = time.monotonic() + LONGEST
            while time.monotonic() < end:
                sink = collector.sink("tried")
                if sink.get("delivered"):
                    seen.append((sink["delivered"], time.monotonic()))
                    if sink["lag_events"] == 0:
                        break
                time.sleep(0.02)  # between two looks
            changed = [each for i, each in enumerate(seen) if i == 0 or each[0] > seen[i - 1][0]]
            assert len(changed) > 1, (seen[-3:], collector.sinks(), collector.said()[-500:])
            return changed[-1][0], changed[-1][0] - changed[0][0], changed[-1][1] - changed[0][1]
        finally:
            collector.kill()
            shutil.rmtree(collector.folder)

    def served(self, name, work):
        server = SINKS[name][1](self.fresh("server"))
        try:
            server.start()
            return work(server)
        finally:
            server.clean()
            shutil.rmtree(server.folder)

    def section(self, name, server, port):
        kind, _, more = SINKS[name]
        return f'[sink.tried]\ntype = "{kind}"\n{server.section(port)}{more}'

    def ours(self, name):
        def work(server):
            _, events, seconds = self.deliver(name, self.section(name, server, server.port))
            return events / seconds
        return self.served(name, work)

    def tape(self, name):
        def work(server):
            tape = Tape(server.port)
            events, _, _ = self.deliver(name, self.section(name, server, tape.port))
            tape.listener.close()
            return events, tape.connections
        return self.served(name, work)

    def floor(self, name, tape):
        events, connections = tape
        turns = max(connections, key=lambda turns: sum(len(b) for _, p in turns for b in p))

        def work(server):
            for each in connections[:connections.index(turns)]:
                Replay(server.port).play(each)
            return events / Replay(server.port).play(turns, is_measured=True)
        return self.served(name, work)

    def loop(self, name):
        lines = subprocess.run([PROGRAM, "tap", "--all", "--data", self.folder / "journal" / "d"],
                               capture_output=True, timeout=DEADLINE, check=True).stdout

        def work(server):
            done = subprocess.run([brokers.PEERS / "write_peer", LOOPS[name], str(server.port)],
                                  input=lines, capture_output=True, timeout=2 * DEADLINE,
                                  check=True)
            return float(done.stdout)
        return self.served(name, work)

    def row(self, name):
        tape = None if name in LOOPS else self.tape(name)
        ours, floor = [], []
        for _ in range(ROUNDS):
            ours.append(self.ours(name))
            floor.append(self.loop(name) if name in LOOPS else self.floor(name, tape))
        ratios = [a / b for a, b in zip(ours, floor)]
        how = "loop" if name in LOOPS else "bytes"
        print(f"| {name} | {statistics.median(ours):,.0f} | {min(ours):,.0f} to {max(ours):,.0f} | "
              f"{statistics.median(floor):,.0f} ({how}) | {statistics.median(ratios):.2f} |",
              flush=True)


def main():
    names = sys.argv[2:] or [name for name, (_, server, _) in SINKS.items()
                             if not server.needs or server.can_be_had()]
    with tempfile.TemporaryDirectory(prefix="mp-rate-") as folder:
        brokers.PEERS = Path(folder)
        for peer, libraries in (("write_peer", "-lnats -lhiredis -lrdkafka -lmosquitto"),
                                ("kafka_peer", "-lrdkafka")):
            source = Path(__file__).parent / "peers" / f"{peer}.cpp"
            subprocess.run(["g++", "-std=c++20", "-O2", source, "-o", brokers.PEERS / peer,
                            *libraries.split()], check=True, timeout=5 * DEADLINE)
        rates = Rates(Path(folder))
        print("| sink | events/s | lowest to highest | the plainest client | ratio |\n"
              "| --- | --- | --- | --- | --- |", flush=True)
        for name in names:
            rates.row(name)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv[1]).resolve())
    main()
