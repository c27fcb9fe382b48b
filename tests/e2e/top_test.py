#!/usr/bin/env python3
"""What `marketprism top` draws on a terminal, narrow and wide: each of its views, and the keys.

Usage: top_test.py PROGRAM [unittest arguments]
"""
import sys
import unittest
from pathlib import Path

import control_test
from control_test import DEADLINE, RunningDemo
from terminal import Terminal


class Top(RunningDemo):
    def look(self, columns, lines):
        terminal = Terminal([control_test.PROGRAM, "top", "--data", str(self.data)], columns, lines,
                            DEADLINE)
        self.addCleanup(terminal.close)
        return terminal

    def whole(self, terminal, view):
        """What each view has: a line for the collector, and the keys in the last line."""
        rows = terminal.text().split("\n")
        self.assertRegex(rows[0], "^marketprism top - http://127.0.0.1:")
        self.assertRegex(rows[1], r"^ live  8 of 8 instruments  [\d,]+ events/s  [\d,]+ gaps?  "
                                  r"[\d.]+ cores  [\d,]+ MB  up \d+:\d\d$")
        self.assertRegex(rows[-1], "q ends$", view)
        return rows[2:-1]

    def views(self, columns, lines):
        terminal = self.look(columns, lines)
        terminal.until(r"^ okx +ETH-USDT-PERP +LIVE [^\n]*$")
        rows = self.whole(terminal, "instruments")
        self.assertRegex(rows[0], r"^ VENUE +INSTRUMENT +STATE +EVENTS/S +BID +ASK .* GAPS$")
        self.assertEqual(len([row for row in rows if " LIVE " in row]), 8)
        self.assertEqual(len({len(row) for row in rows if row}), 1, "columns are aligned")
        self.assertTrue(terminal.full)
        self.assertIn(32, terminal.coloured, "green: live")
        terminal.press("3")
        terminal.until(r"^ ndjson +")
        rows = self.whole(terminal, "sinks")
        self.assertRegex(rows[0], r"^ SINK .*STATE +DELIVERED +BEHIND .*DEAD LETTERS +MISSED")
        self.assertRegex(rows[1], r"^ parquet .*open +[\d,]+ ")
        terminal.press("2")
        terminal.until(r"^ .*okx.0 ")
        rows = self.whole(terminal, "connections")
        self.assertRegex(rows[0], r"CONNECTION +STATE +AGE .*FRAMES +CONNECTS +LOST$")
        self.assertRegex(rows[1], r"binance.0 +live +\d+ ms ")
        terminal.press("1")
        terminal.until(r"^ okx +ETH-USDT-PERP +LIVE")
        terminal.press("\r")
        terminal.until(r"^ binance BTC-USDT  LIVE  number \d+$")
        terminal.until(r"(?s)\n ask .*\n ----.*\n bid .*\d\d:\d\d:\d\d\.\d{3} (buy|sell) ")
        book = terminal.text().split("\n")
        asks, bids = ([row for row in book if row.startswith(side)] for side in (" ask", " bid"))
        self.assertEqual(len(asks), len(bids), "both sides are seen alike")
        self.assertGreaterEqual(2 * len(asks), lines - 6, "and fill the terminal")
        prices = [float(row.split()[1]) for row in asks + bids]
        self.assertEqual(prices, sorted(prices, reverse=True))
        self.assertIn(36, terminal.coloured, "the bids")
        terminal.press("\x1b")
        terminal.until(r"^ okx +ETH-USDT-PERP +LIVE")
        terminal.press("q")
        self.assertEqual(terminal.process.wait(DEADLINE), 0)

    def test_a_narrow_terminal_has_all_that_matters(self):
        self.views(80, 24)

    def test_a_wide_terminal(self):
        self.views(160, 50)

    def test_the_list_is_filtered_and_sorted_by_keys(self):
        terminal = self.look(100, 12)
        terminal.until(r"LIVE")
        terminal.press("/okx/BTC\r")
        terminal.until(r'filter "okx/BTC"')
        terminal.until(r"(?s)^ okx +BTC-USDT +LIVE(?!.*ETH).*^ okx +BTC-USDT-PERP +LIVE")
        terminal.press("s")
        terminal.until(r"s by rate")
        terminal.press("\x1b[B\r")
        terminal.until(r"^ okx BTC-USDT(-PERP)?  LIVE  number")
        self.assertIn("q ends", terminal.text())

    def test_a_small_terminal_shows_what_it_can(self):
        for columns, lines in ((20, 4), (40, 8)):
            terminal = self.look(columns, lines)
            terminal.until(r"^ VENUE")
            terminal.press("\r")
            terminal.until(r"^ binance BTC-USDT")


if __name__ == "__main__":
    control_test.PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
