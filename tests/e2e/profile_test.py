#!/usr/bin/env python3
"""`marketprism profile` finds the slow handler that was planted in a collector, `memory` the leak.

Usage: profile_test.py PROGRAM PLANTED [unittest arguments]
PLANTED is the program with the faults of tests/e2e/planted.cpp.
"""
import gzip
import json
import re
import shutil
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree
from pathlib import Path

import control_test
from control_test import DEADLINE, RunningDemo, call

PROGRAM = ""
PLANTED = ""


class Planted(RunningDemo):
    """One planted demo for all."""

    rate = 1000

    @classmethod
    def setUpClass(cls):
        cls.program = PLANTED
        super().setUpClass()

    def setUp(self):
        """Its slow handler may hold up an instrument."""

    def test_memory_names_the_line_of_the_planted_leak(self):
        result = call("memory", "snapshot", "--data", self.data)
        if result.returncode == 69:  # a sanitizer has an allocator of its own
            self.assertIn("this program runs without jemalloc", result.stderr)
            self.skipTest("built with a sanitizer")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("snapshot baseline taken", result.stdout)
        deadline = time.monotonic() + DEADLINE
        while True:  # until the leak is larger than what is usual
            result = call("memory", "diff", "--data", self.data, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            leaks = [site["bytes"] for site in json.loads(result.stdout)["sites"]
                     if any("LeakingHandler" in each["function"] for each in site["frames"])]
            if leaks and leaks[0] > 4 << 20:
                break
            self.assertLess(time.monotonic(), deadline, leaks)
        source = (Path(__file__).parent / "planted.cpp").read_text().splitlines()
        line = 1 + next(i for i, text in enumerate(source) if "the planted leak" in text)
        result = call("memory", "diff", "--data", self.data, "-n", "3")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"in nobody's use")
        first = result.stdout.splitlines()[3]
        self.assertRegex(first, r"^ +\+\d+ [KM]iB +\+\d+  mp::planted::LeakingHandler::read")
        if shutil.which("addr2line"):
            self.assertIn(f"planted.cpp:{line}", first)
        result = call("memory", "top", "--data", self.data)
        self.assertRegex(result.stdout, r"held by: books \d+")
        result = call("memory", "trim", "--data", self.data)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = call("memory", "diff", "never", "--data", self.data)
        self.assertEqual(result.returncode, 2)
        self.assertIn('there is no snapshot "never"', result.stderr)

    def test_memory_refuses_what_is_no_name(self):
        result = call("memory", "snapshot", "a b&c", "--data", self.data)
        self.assertEqual(result.returncode, 2)
        self.assertIn("is no name of a snapshot", result.stderr)
        result = call("memory", "--data", self.data)
        self.assertEqual(result.returncode, 2)
        result = call("memory", "top", "--data", self.dir / "nowhere")
        self.assertEqual(result.returncode, 69)

    def test_names_the_planted_handler(self):
        out = self.dir / "out"
        result = call("profile", "--for", "4s", "--data", self.data, "--out", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stdout.splitlines()
        self.assertRegex(lines[0], r"^STAGE +OF +BUSY +TIMED +MEAN +MIN +P50 +P95 +P99 +P99.9 +MAX")
        self.assertRegex(lines[1], r"^decode +okx ")
        for stage in ("decode +binance", "book +binance", "append +okx", "write +parquet"):
            self.assertRegex(result.stdout, rf"(?m)^{stage} ")
        found = next(line for line in lines if line.startswith("Bottleneck: "))
        self.assertRegex(found, r"decode of okx is the bottleneck: it keeps a thread busy for "
                                r"\d+ % of the time.*in mp::planted::SlowHandler::read\.$")
        self.assertRegex(result.stdout, r'decode +okx +\d+ [um]s +\d+ bytes +\{"')  # with its frame
        self.check_flame_graph(out / "flame.svg")
        self.check_pprof(out / "cpu.pb.gz")

    def check_flame_graph(self, file):
        picture = xml.etree.ElementTree.parse(file).getroot()
        titles = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}title")]
        # A stack whose beginning is not known stands beside the others.
        samples = [int(re.search(r": (\d+) samples", title)[1]) for title in titles
                   if title.startswith("mp::planted::SlowHandler::read")]
        self.assertGreater(max(samples), 20, samples)
        self.assertNotIn("href", file.read_text())  # it needs nothing else

    def check_pprof(self, file):
        content = gzip.decompress(file.read_bytes())
        self.assertIn(b"mp::planted::SlowHandler::read", content)
        self.assertIn(b"nanoseconds", content)
        if not (go := shutil.which("go")):
            return
        shown = subprocess.run([go, "tool", "pprof", "-top", "-cum", str(file)], text=True,
                               capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("SlowHandler::read", shown.stdout)

    def test_json_and_by_process(self):
        result = call("profile", "--for", "3s", "--pid", self.process.pid, "--json",
                      "--out", self.dir / "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        document = json.loads(result.stdout)
        self.assertEqual(document["state"], "done")
        self.assertGreater(document["samples"], 0)
        stages = {(row["stage"], row["of"]): row for row in document["stages"]}
        slow = stages[("decode", "okx")]
        self.assertGreater(slow["p50_us"], 250)
        self.assertGreaterEqual(slow["slowest"][0]["took_us"], slow["slowest"][-1]["took_us"])
        self.assertLessEqual(len(slow["slowest"]), 4)

    def test_what_cannot_be_profiled(self):
        result = call("profile", "--data", self.dir / "nowhere", "--out", self.dir / "none")
        self.assertEqual(result.returncode, 69)
        self.assertIn("no collector runs in", result.stderr)
        result = call("profile", "--for", "2h", "--data", self.data, "--out", self.dir / "none")
        self.assertEqual(result.returncode, 2)
        self.assertIn("a profile of 7200 s is asked for; expected 1 to 600 s", result.stderr)
        result = call("profile", "--for", "soon", "--data", self.data)
        self.assertEqual(result.returncode, 2)
        self.assertIn("is not a time", result.stderr)
        result = call("profile", "--pid", 1, "--out", self.dir / "none")
        self.assertEqual(result.returncode, 69)
        self.assertIn("process 1 is no collector", result.stderr)
        blocked = self.dir / "file"
        blocked.write_text("")
        result = call("profile", "--for", "1s", "--data", self.data, "--out", blocked)
        self.assertEqual(result.returncode, 74)
        self.assertIn("cannot make the folder", result.stderr)

    def test_one_at_a_time(self):
        first = subprocess.Popen([PROGRAM, "profile", "--for", "3s", "--data", str(self.data),
                                  "--out", str(self.dir / "first")], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        result = call("profile", "--for", "1s", "--data", self.data, "--out", self.dir / "second")
        _, errors = first.communicate(timeout=DEADLINE)
        # Whichever came first.
        codes = sorted((first.returncode, result.returncode))
        self.assertEqual(codes, [0, 75], errors + result.stderr)
        self.assertIn("one runs at a time", errors + result.stderr)


if __name__ == "__main__":
    PROGRAM = control_test.PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    PLANTED = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
