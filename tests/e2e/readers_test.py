"""The one-line reads of README.md, with those of pandas, pyarrow and polars that are there.

usage: readers_test.py PROGRAM [unittest arguments]
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
TYPES = ("trade", "quote", "book", "status", "instrument")


def call(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120,
                          check=True).stdout


def needs(module):
    there = importlib.util.find_spec(module) is not None
    return unittest.skipUnless(there, f"no {module} for this Python")


class Readers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.data = os.path.join(cls.folder.name, "data")
        call("demo", "--for", "4s", "--plain", "--listen", "none", "--dir", cls.data)
        cls.expected = {}
        for name in TYPES:
            # What tells the rows apart, among it what folders say.
            sql = (f"SELECT count(*) AS n, count(DISTINCT instrument) AS instruments, "
                   f"min(venue) AS venue, min(CAST(date AS VARCHAR)) AS date FROM {name}")
            cls.expected[name] = json.loads(
                call("query", "--data", cls.data, "--format", "ndjson", sql))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.data, "parquet", "type=" + name)

    def compare(self, name, rows, instruments, venue, date):
        self.assertEqual({"n": rows, "instruments": instruments, "venue": venue, "date": date},
                         self.expected[name])

    @needs("pandas")
    @needs("pyarrow")
    def test_pandas(self):
        import pandas
        for name in TYPES:
            table = pandas.read_parquet(self.path(name))
            self.compare(name, len(table), table["instrument"].nunique(),
                         min(table["venue"].astype(str)), min(table["date"].astype(str)))
        some = pandas.read_parquet(self.path("trade"), filters=[("venue", "==", "binance")])
        self.assertEqual(set(some["venue"].astype(str)), {"binance"})
        status = pandas.read_parquet(self.path("status"))
        self.assertIn("book", set(status["channel"].dropna()))

    @needs("pyarrow")
    def test_pyarrow(self):
        import pyarrow.compute
        import pyarrow.dataset
        for name in TYPES:
            table = pyarrow.dataset.dataset(self.path(name), partitioning="hive").to_table()
            count = pyarrow.compute.count_distinct(table["instrument"]).as_py()
            self.compare(name, table.num_rows, count, min(table["venue"].to_pylist()),
                         str(min(table["date"].to_pylist())))

    @needs("polars")
    def test_polars(self):
        import polars
        for name in TYPES:
            table = polars.scan_parquet(self.path(name) + "/*/*/*.parquet",
                                        hive_partitioning=True).collect()
            self.compare(name, table.height, table["instrument"].n_unique(), table["venue"].min(),
                         str(table["date"].min()))

    def test_duckdb(self):
        for name in TYPES:
            sql = ("SELECT count(*) AS n, count(DISTINCT instrument) AS instruments, "
                   "min(venue) AS venue, min(CAST(date AS VARCHAR)) AS date FROM read_parquet('"
                   f"{self.path(name)}/*/*/*.parquet', hive_partitioning = true)")
            seen = json.loads(call("query", "--data", self.data, "--format", "ndjson", sql))
            self.assertEqual(seen, self.expected[name])


if __name__ == "__main__":
    unittest.main()
