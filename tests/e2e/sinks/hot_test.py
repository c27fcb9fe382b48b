#!/usr/bin/env python3
"""Two collectors of the same feeds fill one JetStream stream: each event once, whoever is killed.

Usage: hot_test.py PROGRAM [unittest arguments]      MP_SINKS=long: ten kills of each
"""
import json
import os
import random
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True

from harness import CONFIG, Collector, Simulator  # noqa: E402  (found beside this file)
from servers import Nats, until  # noqa: E402

KILLS = 10 if os.environ.get("MP_SINKS") == "long" else 2
# Of the venue; connections, listings and snapshots are each collector's own.
SHARED = ("trade", "quote", "book")


def fact(event):
    """What the venue sent, without what is ours."""
    return json.dumps({key: value for key, value in event.items() if key not in
                       ("seq", "ts_recv", "previous_sequence")}, sort_keys=True)


def facts(lines):
    events = [json.loads(line) for line in lines]
    return [fact(event) for event in events
            if event["type"] in SHARED and not event.get("is_snapshot")]


class Hot(unittest.TestCase):
    def test_two_collectors_fill_one_stream(self):
        with tempfile.TemporaryDirectory(prefix="mp-hot-") as folder:
            self.play(Path(folder), random.Random(os.environ.get("MP_SEED", "1")))

    def play(self, folder, chance):
        simulator = Simulator(PROGRAM, folder)
        self.addCleanup(simulator.stop)
        server = Nats(folder / "server")
        self.addCleanup(server.clean)
        server.start()
        config = CONFIG.format(type="nats", section=server.section(server.port))
        both = [Collector(PROGRAM, folder / name, config, simulator.words).start()
                for name in ("one", "two")]
        try:
            for each in both:
                each.until_live()
            for _ in range(KILLS):
                for each, other in (both, reversed(both)):
                    each.until_delivered(chance.randint(1, 200))
                    each.kill()
                    other.until_delivered(chance.randint(1, 100))
                    each.start().until_live()
            for each in both:
                each.until_delivered(100)
                until(lambda: each.sink()["lag_events"] < 300, "all is delivered")
            for each in both:
                each.stop()
        finally:
            for each in both:
                if each.running:
                    each.kill()
        sent = set(facts(both[0].ledger())) | set(facts(both[1].ledger()))
        stored = Counter(facts(server.rows()))
        lost = len(sent - set(stored))
        twice = sum(stored.values()) - len(stored)
        print(f"\n| two collectors, {2 * KILLS} kills | sent {len(sent)} | "
              f"stored {sum(stored.values())} | lost {lost} | twice {twice} |")
        self.assertGreater(len(sent), 200)
        self.assertEqual(lost, 0)
        self.assertEqual(twice, 0)
        trades = sorted((event["symbol"], int(event["trade_id"]))
                        for event in map(json.loads, server.rows())
                        if event["type"] == "trade" and event["venue"] == "binance")
        self.assertEqual(len(trades), len(set(trades)), "a trade is stored twice")
        for symbol in {symbol for symbol, _ in trades}:
            ids = [number for name, number in trades if name == symbol]
            self.assertEqual(ids, list(range(ids[0], ids[-1] + 1)), "trades are missing")


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
