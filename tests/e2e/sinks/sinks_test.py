#!/usr/bin/env python3
"""Sinks with real servers: what was collected is stored, once, whatever happens.

Usage: sinks_test.py PROGRAM [unittest arguments]
       MP_SINKS=long: as often and as long as it takes. MP_SEED: other chances.
       MP_CHDB, MP_INFLUXD, MP_KAFKA, MP_NATS, MP_QUESTDB: servers that Debian does not have
       (scripts/install-servers.sh).

Every case is played to every sink of the table ROWS. What must be stored is the collector's own
journal, line for line (`marketprism tap --all`). To add a sink: a class in servers.py, a row here.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, NamedTuple

sys.dont_write_bytecode = True

import brokers  # noqa: E402  (found beside this file)
import databases  # noqa: E402  (found beside this file)
import secured  # noqa: E402  (found beside this file)
import servers  # noqa: E402
from harness import Simulator, Trial, until  # noqa: E402

IS_LONG = os.environ.get("MP_SINKS") == "long"
SEED = int(os.environ.get("MP_SEED", "1"))
AT_ONCE = 6  # trials side by side


class Row(NamedTuple):
    name: str
    type: str
    server: Callable
    dedupes: bool = True  # a second delivery is not stored again
    loses: bool = False  # what nobody takes in time is lost
    keys: str = ""  # more of the section
    without: tuple = ()  # cases that mean nothing there
    only: tuple = ()


LARGE = "batch_events = 2000\n"  # what a database is made for

ROWS = [
    Row("nats", "nats", servers.Nats, keys="in_flight = 16\n"),
    Row("nats-batch", "nats", servers.Nats, dedupes=False, keys='message = "batch"\n',
        without=("poison",)),
    Row("nats-core", "nats", servers.NatsCore, dedupes=False, loses=True,
        keys="in_flight = 16\n", without=("absent_at_start", "poison")),
    Row("redis", "redis", servers.Redis),
    Row("mqtt", "mqtt", brokers.Mosquitto, dedupes=False, keys=LARGE),
    Row("kafka", "kafka", brokers.KafkaMock, dedupes=False, without=("killed_after_ack",)),
    Row("stdout", "stdout", brokers.Pipe, dedupes=False,
        without=("absent_at_start", "killed_after_ack", "cut", "slow", "poison")),
    Row("zeromq", "zeromq", brokers.Subscriber, dedupes=False, loses=True,
        without=("absent_at_start", "cut", "slow", "poison")),
    Row("clickhouse", "clickhouse", databases.ClickHouse, keys=LARGE),
    Row("postgres", "postgres", databases.Postgres, keys=LARGE),
    *(Row(f"{name}-secured", name, server, only=("absent_at_start", "cut"), **how)
      for name, server, how in (
          ("nats", secured.Nats, {}), ("redis", secured.Redis, {}),
          ("mqtt", secured.Mosquitto, {"dedupes": False}),
          ("clickhouse", secured.ClickHouse, {"keys": LARGE}),
          ("postgres", secured.Postgres, {"keys": LARGE}))),
]
# Servers that Debian does not have.
ROWS += [row for row in (
    Row("kafka-today", "kafka", brokers.Kafka, dedupes=False),
    Row("kafka-secured", "kafka", secured.Kafka, dedupes=False, only=("absent_at_start", "cut")),
    Row("nats-today", "nats", servers.CurrentNats, keys="in_flight = 16\n"),
    Row("clickhouse-today", "clickhouse", databases.CurrentClickHouse, keys=LARGE),
    Row("influx", "influx", databases.Influx, keys=LARGE),
    Row("questdb", "questdb", databases.QuestDb, keys=LARGE),
) if row.server.can_be_had()]


def times(short, long):
    return long if IS_LONG else short


# ---- the cases ----

def absent_at_start(trial):
    trial.collector.start()
    trial.collector.until_delivered(100, "beside")
    until(lambda: trial.collector.sink().get("problem"), "a sentence that says what is wrong")
    trial.serve()


def down(trial):
    trial.start()
    trial.server.stop()
    trial.hold(times(5, 60))
    trial.serve()


def killed_after_ack(trial):
    trial.start()
    for _ in range(times(3, 10)):
        trial.collector.until_delivered(1)
        trial.server.kill()
        trial.serve()


def cut(trial):
    """Between write and acknowledgement, at random points."""
    trial.start()
    wanted = times(20, 200)
    trial.proxy.cuts_left = wanted
    trial.proxy.cut()
    until(lambda: trial.proxy.has_cut(wanted), f"{wanted} cuts", times(600, 1800))


def slow(trial):
    trial.start()
    trial.proxy.answer_delay = 1.0
    trial.hold(times(4, 30))


def poison(trial):
    """What the server refuses for good goes to the dead letters, the rest is stored once."""
    trial.start()
    trial.collector.until_delivered(50)


def stopped_in_batch(trial):
    trial.start()
    trial.server.pause()
    trial.collector.until_delivered(100, "beside")
    trial.collector.process.send_signal(signal.SIGTERM)
    trial.collector.process.wait(timeout=30)  # in spite of the server
    trial.server.resume()


def killed(trial):
    """The collector."""
    trial.start()
    for _ in range(times(5, 50)):
        trial.collector.until_delivered(trial.chance.randint(1, 150))
        trial.collector.kill()
        trial.collector.start()


UNBROKEN = {"absent_at_start", "slow"}  # no connection ends: nothing is delivered a second time
CASES = {case.__name__: case for case in (absent_at_start, down, killed_after_ack, cut, slow,
                                          poison, stopped_in_batch, killed)}


class Sinks(unittest.TestCase):
    """A test for each row and case; they run side by side."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mp-sinks-")
        cls.simulator = Simulator(PROGRAM, Path(cls.folder.name))
        cls.pool = ThreadPoolExecutor(AT_ONCE)
        cls.results = {}

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown(wait=True, cancel_futures=True)
        cls.simulator.stop()
        cls.folder.cleanup()
        print("\n| sink | case | sent | stored | lost | twice | dead letters | seconds |\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- |")
        for future in cls.results.values():
            if not future.cancelled() and not future.exception():
                print("| " + " | ".join(
                    f"{field:.1f}" if isinstance(field, float) else str(field)
                    for field in future.result()) + " |")

    def result(self, name):
        """Begins all that is wanted with the first that is."""
        if not self.results:
            for wanted in WANTED:
                row, case = TESTS[wanted]
                self.results[wanted] = self.pool.submit(self.play, row, case)
        return self.results[name].result()

    @classmethod
    def play(cls, row, case):
        trial = Trial(row, PROGRAM, cls.simulator.words, f"{SEED} {row.name} {case}",
                      is_poisoned=case == "poison")
        try:
            CASES[case](trial)
            trial.finish()
            return trial.compare(case)
        except Exception as error:
            error.add_note(trial.last_words())
            raise
        finally:
            trial.clean()


    def test_every_sink_is_tried(self):
        listed = subprocess.run([PROGRAM, "list", "sinks", "--json"], text=True, check=True,
                                capture_output=True).stdout.splitlines()
        tried = {row.type for row in ROWS}
        self.assertEqual({json.loads(line)["name"] for line in listed} - tried - NO_PACKAGE, FILES)


FILES = {"csv", "ndjson", "parquet"}  # tested in tests/unit/sink and tests/unit/faults
NO_PACKAGE = {"influx", "questdb"}  # tried where their server is there
TESTS, WANTED = {}, []


def add_test(row, case):
    name = f"test_{row.name.replace('-', '_')}_{case}"
    TESTS[name] = (row, case)

    def test(self):
        result = self.result(name)
        if not row.loses:
            self.assertEqual(result.lost, 0, result)
        if row.dedupes or case in UNBROKEN:
            self.assertEqual(result.twice, 0, result)
    setattr(Sinks, name, test)


for each_row in ROWS:
    for each_case in CASES:
        if each_case not in each_row.without and each_case in (each_row.only or CASES):
            add_test(each_row, each_case)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    brokers.PEERS = Path(PROGRAM).parent / "tests"
    named = [word.rsplit(".", 1)[-1] for word in sys.argv[1:] if not word.startswith("-")]
    WANTED += [name for name in TESTS
               if not named or any(word == "Sinks" or word in name for word in named)]
    unittest.main()
