#!/usr/bin/env python3
"""The program as a user runs it: what it prints, what it stores, how it fails.

Usage: cli_test.py PROGRAM [unittest arguments]
"""
import gzip
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = ""
DEADLINE = 120

TRADE = ('{"stream":"btcusdt@trade","data":{"e":"trade","E":1795000000123,"s":"BTCUSDT","t":7,'
         '"p":"91234.56000000","q":"0.01500000","T":1795000000120,"m":false,"M":true}}')
CUT_TRADE = TRADE[:-30]
UNKNOWN = '{"stream":"btcusdt@noSuchThing","data":{"e":"noSuchThing","s":"BTCUSDT"}}'
ACK = '{"result":null,"id":1}'


def call(*arguments, cwd=None, text=None, preexec=None, env=None):
    return subprocess.run([PROGRAM, *map(str, arguments)], cwd=cwd, input=text, text=True,
                          capture_output=True, timeout=DEADLINE, preexec_fn=preexec, check=False,
                          env=None if env is None else {**os.environ, **env})


class Commands(unittest.TestCase):
    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="mp-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir, True)

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def fails(self, result, code, *words):
        """One clear sentence and the right exit code."""
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    # ---- a simulator of its own process, for commands that need venues ----

    def simulator(self, *arguments):
        process = subprocess.Popen([PROGRAM, "simulate", "--ca-file", self.dir / "ca.pem",
                                    *map(str, arguments)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)

        def end():
            process.terminate()
            process.communicate(timeout=DEADLINE)
        self.addCleanup(end)
        words = []
        for _ in ("binance", "okx"):
            words += process.stdout.readline().split()
        return words

    # ---- a run that is killed ----

    def rows(self, sql, *more):
        result = call("query", "--data", self.dir / "data", "--format", "ndjson", *more, sql)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def gaps(self, *arguments):
        return call("gaps", "--data", self.dir / "data", *arguments)

    def test_after_a_kill_numbers_go_on_and_what_is_missing_is_said(self):
        arguments = ["run", "binance:BTC-USDT,ETH-USDT@trade,book", "--plain",
                     "--data", str(self.dir / "data"), *self.simulator("--rate", 400)]
        killed = subprocess.Popen([PROGRAM, *arguments, "--for", "60s"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(killed.stdout.close)
        for line in killed.stdout:  # until events have come of both
            if "LIVE" in line and "ETH-USDT" in line:
                break
        killed.kill()
        killed.wait(timeout=DEADLINE)
        again = call(*arguments, "--for", "4s")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("event=crash_marked", again.stderr)

        ends = [json.loads(line) for line in self.gaps("--json").stdout.splitlines()]
        crashed = {(e["symbol"], e["channel"]): e for e in ends if e["reason"] == "crash"}
        self.assertEqual(set(crashed), {(symbol, channel) for symbol in ("BTCUSDT", "ETHUSDT")
                                        for channel in ("trade", "book")})
        for end in crashed.values():
            self.assertLess(end["since"], end["said"])
            self.assertLess(end["said"], end["until"])
        # Trades are counted: what came while nobody listened is known, and had by REST.
        seen = self.rows("SELECT symbol, CAST(trade_id AS BIGINT) AS id FROM trade")
        missing = {(e["symbol"], id) for e in ends if e["from_sequence"] is not None
                   for id in range(e["from_sequence"], e["to_sequence"] + 1)
                   if e["channel"] == "trade"}
        self.assertGreater(len(missing), 0)
        for symbol in ("BTCUSDT", "ETHUSDT"):
            ids = sorted(row["id"] for row in seen if row["symbol"] == symbol)
            self.assertEqual(ids, list(range(ids[0], ids[-1] + 1)), "all of them, once")
        self.assertEqual({(e["healed"], e["healed_by"]) for e in ends if e["missing"]},
                         {(e["missing"], "backfill") for e in ends if e["missing"]})
        for view in ("trade", "book", "status"):
            for row in self.rows(f"SELECT symbol, count(*) AS n, count(DISTINCT seq) AS d, min(seq)"
                                 f" AS first, max(seq) AS last FROM {view} GROUP BY symbol"):
                self.assertEqual((row["n"], row["first"], row["last"]), (row["d"], 1, row["d"]),
                                 (view, row))

    def test_gaps_says_what_is_missing(self):
        self.fails(self.gaps(), 74, "there is no journal", "--data")
        result = call("demo", "--for", "3s", "--plain", "--dir", self.dir / "data")
        self.assertEqual(result.returncode, 0, result.stderr)
        result = self.gaps("--explain")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("stopped: the collector was told to stop", result.stdout)
        self.assertIn(" still open; 0 messages are known to be missing", result.stdout)
        self.assertIn("\n", self.gaps("--last", "1h").stdout.strip())
        self.fails(self.gaps("--last", "soon"), 2, "soon", "20s")

    # ---- first contact ----

    def test_without_arguments_it_says_what_to_try(self):
        result = call()
        self.assertEqual(result.returncode, 0)
        self.assertIn("Try: marketprism demo", result.stdout)

    def test_each_command_has_help_with_examples(self):
        for name in ("run", "demo", "decode", "replay", "record", "query", "list", "validate",
                     "simulate", "gaps"):
            result = call(name, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn("Examples:", result.stdout)
            self.assertLess(result.stdout.index("Examples:"), result.stdout.index("Options:"))

    def test_wrong_usage_is_exit_2(self):
        for arguments in (["nonsense"], ["decode"], ["demo", "--for", "soon"],
                          ["demo", "--for", "9999999h"], ["list", "everything"],
                          ["run", "binance:BTC-USDT", "--set", "x"]):
            result = call(*arguments, cwd=self.dir)
            self.assertEqual(result.returncode, 2, arguments)

    def test_a_slip_is_told_with_what_was_meant(self):
        for arguments, code, words in (
                (["querry"], 2, ["no command `querry`", "did you mean `query`?"]),
                (["querry", "SELECT 1"], 2, ["did you mean `query`?"]),
                (["run", "--shads", "2", "binance:BTC-USDT"], 2, ["`--shads` of run",
                                                                  "did you mean `--shards`?"]),
                (["demo", "extra"], 2, ["`extra`"]),
                (["simulate", "--port", "70000"], 2, ["--port", "70000", "0 to 65535"]),
                (["demo", "--seed", "x"], 2, ["--seed", "a whole number"]),
                (["run", "BTC-USDT"], 78, ["BTC-USDT", "expected VENUE:NAME"]),
                (["run", "binance:BTC-USDT", "--listen", "127.0.0.1:70000"], 78, ["HOST:PORT"]),
                (["run", "binance:BTC-USDT", "--set", "binance.ca_file=none.pem"], 78,
                 ["none.pem", "No such file"])):
            result = call(*arguments, cwd=self.dir)
            self.fails(result, code, *words)

    def test_a_file_that_is_no_recording_is_told_by_its_kind(self):
        lines = '{"t":"header","venue":"okx"}\n'
        packed = self.dir / "s.ndjson.gz"
        packed.write_bytes(gzip.compress(lines.encode()))
        for arguments in (["replay", packed], ["decode", "--venue", "okx", packed],
                          ["replay", packed, "--serve"]):
            self.fails(call(*arguments, cwd=self.dir), 65, "s.ndjson.gz", "compressed with gzip",
                       "gzip -d")
        plain = self.write("s.ndjson", lines + '{"t":"recv","conn":"1","ts":1.5,"data":"pong"}\n')
        for command in ("replay", "decode"):
            result = call(command, "--venue", "binance", plain)
            self.assertIn("it is of okx", result.stderr)
            self.assertNotIn("warning", call(command, "--venue", "okx", plain).stderr)

    def test_lists(self):
        venues = [json.loads(line) for line in call("list", "venues", "--json").stdout.splitlines()]
        golden = Path(__file__).parent.parent / "golden"
        self.assertEqual([v["name"] for v in venues],
                         sorted(folder.name for folder in golden.iterdir()))
        self.assertIn("parquet", call("list", "sinks").stdout)

    # ---- decode ----

    def test_decode_accounts_for_every_frame(self):
        frames = self.write("frames.ndjson", "\n".join([TRADE, ACK, UNKNOWN, TRADE]) + "\n")
        result = call("decode", "--venue", "binance", "--frame-numbers", frames)
        self.assertEqual(result.returncode, 0, result.stderr)
        events = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([e["frame"] for e in events], [1, 4])
        self.assertEqual([e["seq"] for e in events], [1, 2])
        self.assertEqual(events[0]["price"], "91234.56000000")
        self.assertEqual(events[0]["side"], "buy")
        counts = json.loads(result.stderr.splitlines()[-1])
        self.assertEqual(counts, {"frames": 4, "data": 2, "control": 1, "unknown": 1,
                                  "malformed": 0, "rejected": 0, "events": {"trade": 2},
                                  "slow": 0, "left_out": 0, "elsewhere": 0, "damaged": 0,
                                  "skipped": 0, "lost": 0})

    def test_decode_keeps_a_malformed_frame_and_goes_on(self):
        frames = "\n".join([TRADE, CUT_TRADE, TRADE]) + "\n"
        kept = self.dir / "quarantine.ndjson"
        result = call("decode", "--venue", "binance", "--quarantine", kept, text=frames)
        self.fails(result, 65, "line 2: malformed frame")
        self.assertEqual(len(result.stdout.splitlines()), 2)
        self.assertEqual(json.loads(result.stderr.splitlines()[-1])["malformed"], 1)
        lines = [json.loads(line) for line in kept.read_text().splitlines()]
        self.assertEqual([line["data"] for line in lines if line["t"] == "recv"], [CUT_TRADE])

    def test_decode_reads_what_is_no_json_at_all(self):
        result = call("decode", "--venue", "okx", text="pong\nnot json\n")
        counts = json.loads(result.stderr.splitlines()[-1])
        self.assertEqual((counts["frames"], counts["control"], counts["malformed"]), (2, 1, 1))
        self.assertEqual(result.returncode, 65)

    def test_no_line_vanishes_from_the_counts(self):
        # A venue's own "t" in a file of bare frames; in a recording they are no frames.
        lines = ['{"t":"trade","x":1}', '{"t":"send","x":1}', TRADE]
        header = '{"t":"header","venue":"binance"}'
        for first, wanted in (([], (3, 0, 0)), ([header], (1, 1, 1))):
            recording = self.write("lines.ndjson", "\n".join(first + lines) + "\n")
            for command in (["decode", "--venue", "binance", recording],
                            ["replay", "--venue", "binance", recording]):
                result = call(*command)
                counts = json.loads(result.stderr.splitlines()[-1])
                self.assertEqual((counts["frames"], counts["damaged"], counts["skipped"]), wanted)
                self.assertEqual(counts["events"]["trade"], 1)
                self.assertEqual("2 of 4 lines were passed over, the first is line 2" in
                                 result.stderr, bool(first))
                self.assertEqual(result.returncode, 65 if first else 0, result.stderr)

    def test_decode_speaks_the_older_system_s_language(self):
        result = call("decode", "--venue", "okx", "--encoding", "marketprism", text=(
            '{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},'
            '"data":[{"instId":"BTC-USDT-SWAP","tradeId":"790000010","px":"91230.1","sz":"31",'
            '"side":"buy","ts":"1795000000101"}]}\n'))
        line = json.loads(result.stdout)
        self.assertEqual(line["subject"], "trade.okx_derivatives.perpetual.BTC-USDT")
        self.assertEqual((line["payload"]["price"], line["payload"]["trade_id"]),
                         ("91230.1", "790000010"))

    def test_decode_of_a_missing_file(self):
        self.fails(call("decode", "--venue", "binance", self.dir / "none"), 74, "none")

    def test_unknown_venue(self):
        for arguments in (["decode", "--venue", "binnance"], ["replay", "x", "--venue", "binnance"],
                          ["run", "binnance:BTC-USDT"], ["validate", "binnance:BTC-USDT"]):
            result = call(*arguments, cwd=self.dir, text="")
            if arguments[0] != "replay":
                self.fails(result, 78, "binnance", "binance")

    def test_an_override_is_checked_like_a_configuration(self):
        for text, word in (("binnance.ca_file=x.pem", "`binance`"),
                           ("krakken.ws_url=wss://x", "unknown venue `krakken`"),
                           ("binance.ws_url=https://x", "wss://"), ("binance.ws_url=", "VALUE"),
                           ("binance.rest_url=127.0.0.1:80", "https://")):
            result = call("run", "binance:BTC-USDT", "--set", text, cwd=self.dir)
            self.fails(result, 2, text, word)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_a_proxy_of_the_environment_is_checked_by_its_name(self):
        for name in ("HTTPS_PROXY", "all_proxy"):
            result = call("run", "binance:BTC-USDT", cwd=self.dir,
                          env={"HTTPS_PROXY": "", "https_proxy": "", "ALL_PROXY": "",
                               name: "ftp://me:secret@proxy:1"})
            self.fails(result, 78, f"{name} of the environment", "expected http://host:port")
            self.assertNotIn("secret", result.stderr)

    def test_what_comes_compressed_is_the_same(self):
        urls = self.simulator("--rate", 400)
        for data in ("plain", "compressed"):
            wish = ["--set", "binance.compression=true"] if data == "compressed" else []
            process = subprocess.Popen([PROGRAM, "run", "binance:BTC-USDT,ETH-USDT@trade,book",
                                        "--plain", "--for", "6s", "--data", self.dir / data,
                                        *urls, *wish], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            if data == "plain":
                first = process
        outputs = [each.communicate(timeout=DEADLINE) for each in (first, process)]
        for out, problems in outputs:
            self.assertIn(" 0 frames of no use", out, problems)
        trades = []
        for data in ("plain", "compressed"):
            result = call("query", "--data", self.dir / data, "--format", "ndjson",
                          "SELECT symbol, trade_id, price, quantity, side FROM trade")
            self.assertEqual(result.returncode, 0, result.stderr)
            rows = [json.loads(line) for line in result.stdout.splitlines()]
            trades.append({(row["symbol"], row["trade_id"]): row for row in rows})
        both = trades[0].keys() & trades[1].keys()
        self.assertGreater(len(both), 100)
        for key in both:
            self.assertEqual(trades[0][key], trades[1][key])

    def test_each_leg_comes_from_its_own_address(self):
        urls = self.simulator()
        port = int(next(word for word in urls if "ws_url" in word).rsplit(":", 1)[1])
        process = subprocess.Popen([PROGRAM, "--log", "info", "run", "binance:BTC-USDT@trade",
                                    "--plain", "--data", self.dir / "data", *urls,
                                    "--set", "collector.legs=2", "--set",
                                    'binance.source_address=["127.0.0.2", "127.0.0.3"]'],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        connected = 0
        for line in process.stderr:
            connected += "event=connected" in line
            if connected == 2:
                break
        peers = set()
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, ours, theirs, state = line.split()[:4]
            if theirs == f"0100007F:{port:04X}" and state == "01":
                peers.add(ours.split(":")[0])
        self.assertEqual(peers, {"0200007F", "0300007F"})

    # ---- configuration ----

    def test_bad_configuration_names_the_place_and_the_nearest_key(self):
        path = self.write("c.toml", '[journal]\nretention_byte = "8GiB"\n\n[[feed]]\n'
                                    'venue = "binance"\ninstruments = "BTC-USDT"\n')
        for command in (["run", path], ["validate", path]):
            result = call(*command, cwd=self.dir)
            self.fails(result, 78, "c.toml:2:1", "retention_byte", "`retention_bytes`", "c.toml:6:")

    def test_configuration_that_is_not_there(self):
        self.fails(call("run", "none.toml", cwd=self.dir), 74, "none.toml")

    def test_validate_finds_what_needs_no_venue(self):
        feed = '[[feed]]\nvenue = "binance"\ninstruments = ["BTC-USDT"]\n'
        for text, code, words in (
                ("", 78, ["nothing to collect", "[[feed]]"]),
                (feed + '[control]\nlisten = "127.0.0.1:70000"\n', 78, ["c.toml:5:", "0 to 65535"]),
                (feed + '[venue.binance]\nws_url = "wss://127.0.0.1:70000"\n', 78,
                 ["c.toml:5:", "port"]),
                (feed + '[venue.binance]\nca_file = "none.pem"\n', 78, ["none.pem", "No such"])):
            result = call("validate", "--offline", self.write("c.toml", text), cwd=self.dir)
            self.assertEqual(result.returncode, code, text)
            for word in words:
                self.assertIn(word, result.stdout + result.stderr)
        self.fails(call("validate", "--offline", "none.toml", cwd=self.dir), 74, "none.toml")

    @unittest.skipIf(os.getuid() != 0, "another user's file can be made by root alone")
    def test_configuration_that_may_not_be_read(self):
        path = self.write("c.toml", "")
        path.chmod(0)
        self.dir.chmod(0o755)
        result = call("run", path, cwd=self.dir, preexec=lambda: os.setuid(65534))
        self.fails(result, 77, "c.toml", "Permission denied")

    def test_unwritable_directory(self):
        blocked = self.write("file", "")
        result = call("run", "binance:BTC-USDT", "--data", blocked / "data", cwd=self.dir)
        self.fails(result, 74, str(blocked))

    # ---- against simulated venues ----

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            result = call("simulate", "--port", port, "--ca-file", self.dir / "ca.pem")
        self.fails(result, 69, str(port), "in use")

    def test_validate_asks_the_venue(self):
        urls = self.simulator()
        self.assertEqual(len(urls), 12)
        config = self.write("c.toml", self.config(urls, '["BTC-USDT"]'))
        result = call("validate", config, cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        config.write_text(self.config(urls, '["BTC-USDX"]'))
        result = call("validate", config, cwd=self.dir)
        self.assertEqual(result.returncode, 78)
        self.assertIn("BTC-USDX", result.stdout)

    def config(self, urls, instruments):
        values = dict(word.split("=", 1) for word in urls if "=" in word)
        text = f'[data]\ndir = "{self.dir}/data"\n[[feed]]\nvenue = "binance"\n'
        text += f'instruments = {instruments}\n[venue.binance]\n'
        for key in ("ws_url", "rest_url", "ca_file"):
            text += f'{key} = "{values["binance." + key]}"\n'
        return text

    def test_unknown_instrument(self):
        result = call("run", "binance:BTC-USDX", *self.simulator(), cwd=self.dir)
        self.fails(result, 78, "BTC-USDX", "BTC-USDT")

    def test_record_then_replay(self):
        urls = self.simulator()
        result = call("record", "binance:BTC-USDT@trade,book,quote", "okx:BTC-USDT-PERP@book",
                      "--out", "s.ndjson", "--for", "4s", "--plain", *urls, cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = call("record", "binance:BTC-USDT@trade,book,quote", "--out", "b.ndjson.zst",
                      "--for", "4s", "--plain", *urls, cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = call("replay", "b.ndjson.zst", "--top", "2", cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        counts = json.loads(result.stderr.splitlines()[-1])
        self.assertEqual(counts["frames"], counts["data"] + counts["control"])
        self.assertEqual((counts["books"], counts["gaps"], counts["crossed"]), (1, 0, 0))
        books = [e for e in map(json.loads, result.stdout.splitlines()) if e["type"] == "book"]
        self.assertGreater(len(books), 5)
        self.assertTrue(books[0]["is_snapshot"])
        self.assertEqual(len(books[-1]["top_bids"]), 2)
        self.assertEqual(books[-1]["instrument"], "BTC-USDT")
        self.served_with_progress("b.ndjson.zst")

    def served_with_progress(self, recording):
        """To a collector; how many frames there are is known until one is sent once more."""
        with subprocess.Popen([PROGRAM, "replay", recording, "--serve", "--progress", "json",
                               "--ca-file", "replay.pem"], cwd=self.dir, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as served:
            self.addCleanup(served.kill)
            at = json.loads(served.stdout.readline())
            urls = [word for key in ("ws_url", "rest_url", "ca_file")
                    for word in ("--set", f"binance.{key}={at[key]}")]
            client = subprocess.Popen([PROGRAM, "run", "binance:BTC-USDT@trade,book,quote",
                                       "--plain", "--data", "served", *urls], cwd=self.dir,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(client.kill)
            seen, deadline = {}, time.monotonic() + DEADLINE
            while not seen.get("frames"):
                self.assertLess(time.monotonic(), deadline, seen)
                line = served.stderr.readline()
                self.assertTrue(line, "it ended")
                seen = json.loads(line) if line.startswith('{"t":"progress"') else {}
            self.assertIn(seen["frames_total"], (at["frames"], None))
            self.assertEqual(seen["frames_total"] is None, seen["frames"] > at["frames"])
            for process in (client, served):
                process.send_signal(signal.SIGINT)
            self.assertEqual(client.wait(DEADLINE), 0)
            _, rest = served.communicate(timeout=DEADLINE)
            self.assertEqual(served.returncode, 0, rest)
            last = [json.loads(line) for line in rest.splitlines() if '"t":"progress"' in line][-1]
            self.assertTrue(last["done"])

    # ---- a recording cannot be made again ----

    def recorder(self, *arguments):
        return subprocess.Popen([PROGRAM, "record", "binance:BTC-USDT@trade", "--plain",
                                 *map(str, arguments), *self.simulator("--rate", 10)],
                                cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def frames_in(self, path):
        """How many frames a reader sees now."""
        if not path.exists():
            return 0
        result = call("decode", "--venue", "binance", path)
        return json.loads(result.stderr.splitlines()[-1])["frames"]

    def wait_for_frames(self, path):
        deadline = time.monotonic() + DEADLINE / 2
        while self.frames_in(path) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)

    def test_a_kill_costs_a_recording_little(self):
        for name, sign in (("k.ndjson", signal.SIGKILL), ("k.ndjson.zst", signal.SIGKILL),
                           ("h.ndjson", signal.SIGHUP)):
            path = self.dir / name
            process = self.recorder("--out", path)
            self.wait_for_frames(path)
            process.send_signal(sign)
            _, said = process.communicate(timeout=DEADLINE)
            self.assertGreater(self.frames_in(path), 2, said)
            if sign == signal.SIGHUP:  # the terminal was closed: as Ctrl-C
                self.assertEqual(process.returncode, 0, said)
                self.assertEqual(call("replay", path).returncode, 0)

    def test_two_signals_at_once_are_one_wish(self):
        path = self.dir / "t.ndjson"
        process = self.recorder("--out", path)
        self.wait_for_frames(path)
        process.send_signal(signal.SIGTERM)  # as `timeout` does: to the process, to its group
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, said)
        self.assertIn("Recorded in", out)

    def test_a_recording_is_not_overwritten(self):
        path = self.write("r.ndjson", "precious\n")
        arguments = ("record", "binance:BTC-USDT@trade", "--out", path, "--for", "2s", "--plain",
                     *self.simulator())
        result = call(*arguments, cwd=self.dir)
        self.fails(result, 2, "r.ndjson exists", "--overwrite")
        self.assertEqual(path.read_text(), "precious\n")
        result = call(*arguments, "--overwrite", cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        before = path.read_text()
        self.assertTrue(before.startswith('{"t":"header"'))
        result = call("run", *arguments[1:2], "--record", *arguments[3:], cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("r.2.ndjson", result.stderr)
        self.assertIn("Recorded in " + str(self.dir / "r.2.ndjson"), result.stdout)
        self.assertEqual(path.read_text(), before)

    def test_record_leaves_nothing_in_the_way_when_there_is_nothing_to_record(self):
        for target, code in (("binance:BTC-USDX", 78), ("binance:BTC-USDT@funding", 78)):
            path = self.dir / "r.ndjson"
            self.fails(call("record", target, "--out", path, "--for", "30s", *self.simulator(),
                            cwd=self.dir), code)
            self.assertFalse(path.exists())

    def test_record_to_a_full_disk_ends_at_once(self):
        result = call("record", "binance:BTC-USDT", "--out", "/dev/full", "--plain",
                      *self.simulator(), cwd=self.dir)  # no --for: it ends by itself
        self.fails(result, 74, "cannot write the recording /dev/full", "event=recording_failed")
        self.assertNotIn("Recorded in", result.stdout)

    def test_nothing_collected_is_exit_69_and_says_why(self):
        nowhere = socket.socket()
        self.addCleanup(nowhere.close)
        nowhere.bind(("127.0.0.1", 0))  # and does not listen
        port = nowhere.getsockname()[1]
        urls = ("--set", f"binance.ws_url=wss://127.0.0.1:{port}",
                "--set", f"binance.rest_url=https://127.0.0.1:{port}")
        result = call("run", "binance:BTC-USDT", "--for", "2s", "--plain", *urls, cwd=self.dir)
        self.fails(result, 69, "nothing was collected: binance: 127.0.0.1", "Connection refused")
        self.assertNotIn("Stored in", result.stdout)
        row = result.stdout.splitlines()[2].split()
        self.assertEqual(row[:3], ["binance", "BTC-USDT", "WAITING"], result.stdout)
        self.assertIn("Connection refused", result.stdout)
        # The listing comes, the connection does not: who ends it is told, and has what he wanted.
        path = self.dir / "r.ndjson"
        process = subprocess.Popen([PROGRAM, "record", "binance:BTC-USDT", "--out", path, "--plain",
                                    *self.simulator(), *urls[:2]], cwd=self.dir,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if "event=disconnected" in line:
                break
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, said)
        self.assertIn("nothing was collected", said)
        self.assertIn("Connection refused", said)
        result = call("record", "binance:BTC-USDT", "--out", "n.ndjson", "--for", "1s", "--plain",
                      *urls, cwd=self.dir)
        self.assertEqual(result.returncode, 69, result.stderr)
        self.assertFalse((self.dir / "n.ndjson").exists(), "it would be in the way")

    def test_refused_certificate(self):
        urls = [w for w in self.simulator() if "ca_file" not in w and w != "--set"]
        overrides = [x for w in urls for x in ("--set", w)]
        result = call("run", "binance:BTC-USDT", "--for", "3s", "--plain", *overrides,
                      cwd=self.dir)
        self.assertIn("certificate", result.stderr)
        self.assertIn("127.0.0.1", result.stderr)
        config = self.write("c.toml", self.config(self.simulator(), '["BTC-USDT"]')
                            .replace("ca_file", "# ca_file"))
        result = call("validate", config, cwd=self.dir)
        self.assertEqual(result.returncode, 77, result.stdout + result.stderr)
        self.assertIn("certificate", result.stdout)

    # ---- hot changes ----

    def collector(self, config):
        """One that has received something."""
        process = subprocess.Popen([PROGRAM, "--log", "info", "run", str(config), "--plain"],
                                   cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        for line in process.stdout:
            if "LIVE" in line:
                break
        return process

    def test_reload_changes_what_is_wanted_and_nothing_else(self):
        urls = self.simulator()
        config = self.write("c.toml", self.config(urls, '["BTC-USDT"]'))
        self.fails(call("reload", config, cwd=self.dir), 69, "no collector", "run CONFIG")
        process = self.collector(config)
        self.write("c.toml", self.config(urls, '["ETH-USDT", "BTC-USDT"]'))
        result = call("reload", config, cwd=self.dir)
        self.assertEqual((result.returncode, result.stdout),
                         (0, "+ binance ETH-USDT trade,quote,book\n"), result.stderr)
        self.write("c.toml", self.config(urls, '["ETH-USDT"]'))
        result = call("reload", cwd=self.dir)  # ./data it is
        self.assertEqual((result.returncode, result.stdout),
                         (0, "- binance BTC-USDT trade,quote,book\n"), result.stderr)
        self.assertEqual(call("reload", cwd=self.dir).stdout, "no stream was added or removed\n")
        self.write("c.toml", self.config(urls, '["BTC-USDT"]') + "nonsense = 1\n")
        self.fails(call("reload", cwd=self.dir), 78, "nothing was changed", "nonsense")
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(said.count("event=connected"), 1, "nothing was connected anew\n" + said)
        query = ("SELECT count(*) FROM status WHERE condition = 'disconnected' AND "
                 "reason = 'no longer wanted' AND instrument = 'BTC-USDT'")
        result = call("query", "--format", "csv", query, cwd=self.dir)
        self.assertEqual(result.stdout.split()[-1], "3", result.stdout + result.stderr)
        self.fails(call("reload", cwd=self.dir), 69, "no collector")

    def test_a_reload_changes_the_log_and_a_service_manager_hears_of_it(self):
        text = self.config(self.simulator(), '["BTC-USDT"]')
        config = self.write("c.toml", text)
        address = str(self.dir / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(address)
            manager.settimeout(DEADLINE)
            process = subprocess.Popen([PROGRAM, "run", config, "--plain"], cwd=self.dir, text=True,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                       env={**os.environ, "NOTIFY_SOCKET": address})
            self.addCleanup(process.kill)

            def told(beginning):
                while not (text := manager.recv(4096).decode()).startswith(beginning):
                    pass
                return text

            told("READY=1")
            before = time.monotonic_ns() // 1000
            self.write("c.toml", text + '[log]\nlevel = "debug"\nformat = "json"\n')
            result = call("reload", config, cwd=self.dir)
            self.assertEqual((result.returncode, result.stdout),
                             (0, "no stream was added or removed\nlog: level debug, json\n"),
                             result.stderr)
            at = int(told("RELOADING=1").split("MONOTONIC_USEC=")[1])
            self.assertTrue(before <= at <= time.monotonic_ns() // 1000)
            self.assertIn("STATUS=reloaded: no stream was added", told("READY=1"))
            self.write("c.toml", "nonsense = 1\n")
            self.fails(call("reload", cwd=self.dir), 78, "nothing was changed")  # of ./data
            told("RELOADING=1")
            self.assertIn("STATUS=not reloaded: ", told("READY=1"))
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, said)
        # What an info line says was not to be seen before.
        self.assertNotIn("event=connected", said)
        events = [json.loads(line)["event"] for line in said.splitlines() if line.startswith("{")]
        self.assertIn("reloaded", events)
        self.assertIn("not_reloaded", events)

    def test_a_closed_terminal_ends_a_collector_that_could_reload(self):
        config = self.write("c.toml", self.config(self.simulator(), '["BTC-USDT"]'))
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.dir)
            os.execv(PROGRAM, [PROGRAM, "run", str(config), "--plain"])
        said = b""
        while b"LIVE" not in said:
            said += os.read(terminal, 4096)
        result = call("reload", config, cwd=self.dir)  # its terminal is there
        self.assertEqual(result.returncode, 0, result.stderr)
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)

    def test_status_asks_a_running_collector(self):
        self.fails(call("status", cwd=self.dir), 69, "no collector", "marketprism run")
        urls = self.simulator()
        process = subprocess.Popen([PROGRAM, "run", "binance:BTC-USDT,NOSUCH-USDT", "--legs", "2",
                                    "--plain", *urls], cwd=self.dir, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        for line in process.stdout:
            if "LIVE" in line:
                break
        legs, deadline = {}, time.monotonic() + DEADLINE
        while not legs or not all(sum(leg["race"].values()) for leg in legs.values()):
            self.assertLess(time.monotonic(), deadline, legs)
            result = call("status", "--json", cwd=self.dir)
            self.assertEqual(result.returncode, 0, result.stderr)
            feed, waiting, *sinks = [json.loads(line) for line in result.stdout.splitlines()]
            legs = {c["name"]: c for c in feed["connections"]}
        result = call("status", cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        for expected in ("binance.0 ", "binance.0b ", "binance: available ", "NOSUCH-USDT: "):
            self.assertIn(expected, result.stdout)
        self.assertEqual((feed["type"], feed["venue"]), ("feed", "binance"))
        self.assertEqual((waiting["type"], waiting["name"]), ("waiting", "NOSUCH-USDT"))
        self.assertEqual({(each["type"], each["name"]) for each in sinks}, {("sink", "parquet")})
        self.assertEqual({n: (c["leg"], c["state"], c["connects"]) for n, c in legs.items()},
                         {"binance.0": (0, "live", 1), "binance.0b": (1, "live", 1)})
        for leg in legs.values():
            self.assertGreater(leg["messages"], 0)
            self.assertGreater(leg["bytes"], leg["messages"])
        day = feed["availability_24h"]
        self.assertTrue(0 < day["live_ms"] <= day["wanted_ms"], day)
        self.fails(call("reload", cwd=self.dir), 69, "nothing was changed", "run CONFIG")
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, said)
        self.assertRegex(out, r"\nbinance: available \d+\.\d\d %, 2 connects, 0 disconnects; leg "
                              r"[12] led, first with \d+\.\d\d % of \d+ messages")
        self.fails(call("status", cwd=self.dir), 69, "no collector")

    def test_a_service_manager_is_told(self):
        address = str(self.dir / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(address)
            manager.settimeout(DEADLINE)
            process = subprocess.Popen(
                [PROGRAM, "run", "binance:BTC-USDT@trade", "--plain", "--data",
                 str(self.dir / "data"), *self.simulator()], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": address,
                                                "WATCHDOG_USEC": "300000"})
            told = []
            while not any("1 of 1 live" in each for each in told) or told.count("WATCHDOG=1") < 3:
                told.append(manager.recv(4096).decode())
            self.assertEqual(told[0], "READY=1")
            process.send_signal(signal.SIGTERM)
            while not told[-1].startswith("STOPPING=1"):
                told.append(manager.recv(4096).decode())
            self.assertEqual(process.wait(timeout=DEADLINE), 0)

    def test_the_log_is_as_configured(self):
        urls = self.simulator()
        config = self.write("c.toml", self.config(urls, '["BTC-USDT"]') +
                            '[log]\nlevel = "info"\nformat = "json"\n')
        arguments = ["run", config, "--for", "1s", "--plain", "--set", "control.listen=none"]
        result = call(*arguments, cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = [json.loads(line) for line in result.stderr.splitlines()]
        self.assertIn("connected", {line["event"] for line in lines})
        self.assertEqual({line["level"] for line in lines}, {"info"})
        result = call(*arguments, "--log", "error", cwd=self.dir)
        self.assertEqual(result.stderr, "")
        result = call(*arguments, "--set", "log.level=debug", "--log-format", "text", cwd=self.dir)
        self.assertRegex(result.stderr, r"(?m)^[\d-]{10} [\d:.]{12} INFO  connected ")

    def test_each_key_has_an_origin(self):
        path = self.write("c.toml", '[collector]\nlegs = 2\n[[feed]]\nvenue = "okx"\n'
                                    'instruments = ["BTC-USDT"]\n')
        result = call("validate", "--effective", path, "--set", "log.level=info", cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        for line in (f"collector.legs = 2  # {path}:2", 'log.level = "info"  # --set',
                     "collector.shards = 1  # default", f'feed[0].venue = "okx"  # {path}:4'):
            self.assertIn(line + "\n", result.stdout)

    def test_progress_is_said_where_it_is_wanted(self):
        frames = self.write("frames.ndjson", (TRADE + "\n") * 2000)
        result = call("decode", "--venue", "binance", frames)
        self.assertNotIn("MB", result.stderr, "it is no terminal")
        result = call("decode", "--venue", "binance", "--progress", "json", frames)
        lines = [json.loads(line) for line in result.stderr.splitlines()]
        last = [line for line in lines if line.get("t") == "progress"][-1]
        self.assertEqual((last["done"], last["lines"], last["bytes"]),
                         (True, 2000, frames.stat().st_size))
        self.assertEqual(lines[-1]["data"], 2000)
        self.assertEqual(call("demo", "--for", "2s", "--plain", "--listen", "none", "--dir",
                              self.dir / "demo").returncode, 0)
        result = call("gaps", "--data", self.dir / "demo", "--progress", "json")
        last = json.loads(result.stderr.splitlines()[-1])
        self.assertEqual((last["t"], last["done"]), ("progress", True))
        self.assertGreater(last["events"], 1024)
        self.assertEqual(last["events"], last["events_total"])
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        for form, shown in (("auto", True), ("none", False)):
            subprocess.run([PROGRAM, "decode", "--venue", "binance", "--progress", form, frames],
                           stdout=subprocess.DEVNULL, stderr=slave, timeout=DEADLINE, check=True)
            text = os.read(master, 65536).decode()
            self.assertEqual("MB/s" in text, shown, text)
        os.close(slave)

    def test_two_processes_on_one_directory(self):
        urls = self.simulator()
        first = subprocess.Popen([PROGRAM, "run", "binance:BTC-USDT", "--for", "20s", "--plain",
                                  *urls], cwd=self.dir, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        try:
            for line in first.stdout:  # its tables: it has the journal, and something came
                if "LIVE" in line:
                    break
            result = call("run", "binance:BTC-USDT", "--for", "1s", *urls, cwd=self.dir)
            self.fails(result, 75, str(first.pid))
        finally:
            first.terminate()
            first.communicate(timeout=DEADLINE)
        self.assertEqual(first.returncode, 0)

    def test_a_damaged_journal_is_reported_and_left_behind(self):
        urls = self.simulator()
        result = call("run", "binance:BTC-USDT", "--for", "3s", "--plain", *urls, cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        segments = sorted(p for p in (self.dir / "data" / "journal").iterdir()
                          if p.stat().st_size > 1_000_000)
        with open(segments[0], "r+b") as file:
            file.seek(64 * 1024)
            file.write(b"\xff" * 4096)
        result = call("run", "binance:BTC-USDT", "--for", "3s", "--plain", *urls, cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount a small disk")
    def test_full_disk(self):
        small = self.dir / "small"
        small.mkdir()
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small],
                               capture_output=True, check=False)
        if mount.returncode != 0:
            self.skipTest("this machine lets nobody mount")
        self.addCleanup(subprocess.run, ["umount", "--lazy", small], check=False)
        result = call("demo", "--for", "5s", "--rate", "5000", "--dir", small / "d", cwd=self.dir)
        self.assertIn("the disk is full", result.stderr)
        self.fails(result, 74, "disk", str(small))
        self.assertNotIn("assertion", result.stderr)

    # ---- bench ----

    def test_bench_compares_with_its_floor(self):
        rows = self.dir / "rows.ndjson"
        result = call("bench", "decode", "--rounds", 1, "--json", rows, cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = [json.loads(line) for line in rows.read_text().splitlines()]
        self.assertEqual([row["name"] for row in rows],
                         ["decode binance, simulated", "decode okx, simulated"])
        for row in rows:
            self.assertIn(row["name"], result.stdout)
            self.assertGreater(row["ours"]["median"], 0)
            self.assertGreater(row["floor"]["median"], 0)
            self.assertEqual(row["met"], (row["ratio"]["median"] >= row["target"])
                             == (row["target_is"] == "at least"))
        self.assertEqual([path.name for path in self.dir.iterdir()], ["rows.ndjson"])

    def test_bench_of_a_recording_that_is_none(self):
        self.fails(call("bench", "decode", "--recording", self.write("bad.ndjson", "{}\n"),
                        cwd=self.dir), 65, "bad.ndjson", "expected a header with a known venue")

    def test_demo_check(self):
        result = call("demo", "--check", "--plain", cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("check passed", result.stdout)

    # ---- rows that no file has yet ----

    def collector_of(self, *arguments):
        """Of both venues, until the test ends it."""
        process = subprocess.Popen(
            [PROGRAM, "run", "binance:BTC-USDT,ETH-USDT@trade,quote", "okx:BTC-USDT-PERP@trade",
             "--plain", "--listen", "none", "--data", str(self.dir / "data"), *arguments,
             *self.simulator("--rate", 1000)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True)

        def end():
            process.terminate()
            self.assertEqual(process.communicate(timeout=DEADLINE) and process.returncode, 0)
        self.addCleanup(lambda: process.poll() is None and end())
        return process, end

    def counted(self, sql):
        """Numbers of a stream have no gaps: all rows are there, once, where these agree."""
        stream = f"(SELECT max(seq) AS newest FROM ({sql}) GROUP BY venue, symbol)"
        row, = self.rows(f"SELECT count(*) AS rows, count(DISTINCT (venue, symbol, seq)) AS once, "
                         f"(SELECT sum(newest) FROM {stream}) AS sent FROM ({sql})")
        self.assertEqual(row["once"], row["rows"])
        if row["rows"]:
            self.assertEqual(int(row["sent"]), row["rows"])
        return row["rows"]

    def wait_for(self, ready):
        end = time.monotonic() + DEADLINE
        while not ready():
            self.assertLess(time.monotonic(), end, "it did not come")

    def test_a_query_has_the_newest_rows_at_once(self):
        _, end = self.collector_of("--set", "sink.parquet.type=parquet",
                                   "--set", "sink.parquet.flush_age=1h")
        self.wait_for((self.dir / "data" / "journal" / "control").exists)
        self.wait_for(lambda: self.counted("FROM trade") > 500)
        self.assertEqual(list(self.dir.glob("data/parquet/type=*")), [], "all of it is the journal")
        before = self.counted("FROM quote")
        self.wait_for(lambda: self.counted("FROM quote") > before)
        end()
        self.assertGreater(len(list(self.dir.glob("data/parquet/type=*/*/*/*.parquet"))), 0)
        self.assertGreater(self.counted("FROM quote"), before)

    def test_a_journal_elsewhere_is_found(self):
        _, end = self.collector_of("--set", "sink.parquet.type=parquet",
                                   "--set", "sink.parquet.flush_age=1h",
                                   "--set", f"journal.dir={self.dir}/elsewhere")
        self.wait_for((self.dir / "elsewhere" / "control").exists)
        self.wait_for(lambda: self.counted("FROM trade") > 50)
        self.assertFalse((self.dir / "data" / "journal").exists())
        self.assertEqual(self.gaps().returncode, 0)
        end()
        _, end = self.collector_of("--set", "journal.memory=true")
        self.wait_for(lambda: not (self.dir / "data" / "journal.elsewhere").exists())
        end()

    def test_a_query_reads_the_files_of_a_sink_of_any_name(self):
        _, end = self.collector_of("--set", "sink.arch.type=parquet",
                                   "--set", "sink.arch.flush_age=1s",
                                   "--set", "sink.parquet.enabled=false")
        self.wait_for(lambda: list(self.dir.glob("data/arch/type=trade/*/*/*.parquet")))
        end()
        before = self.counted("FROM trade")
        self.assertGreater(before, 0)
        shutil.rmtree(self.dir / "data" / "journal")  # as retention takes it in the end
        self.assertEqual(self.counted("FROM trade"), before)
        data = self.dir / "data"
        refused = call("query", "--data", data, "--sink", "arhc", "FROM trade")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("arch", refused.stderr)
        (data / "arch").rename(data / "b")
        shutil.copytree(data / "b", data / "a")
        self.assertEqual(call("query", "--data", data, "FROM trade").returncode, 2)
        row, = self.rows("SELECT count(*) AS n FROM trade", "--sink", "a")
        self.assertEqual(row["n"], before)

    def test_a_query_has_all_rows_once_while_files_come_and_are_compacted(self):
        _, end = self.collector_of("--set", "sink.parquet.type=parquet",
                                   "--set", "sink.parquet.flush_age=1s",
                                   "--set", "sink.parquet.flush_rows=400",
                                   "--set", "sink.parquet.channels=[\"trade\",\"quote\"]")
        files = lambda: len(list(self.dir.glob("data/parquet/type=*/*/*/*.parquet")))
        self.wait_for(lambda: files() > 10)
        counts = []
        for number in range(12):
            if number % 4 == 3:
                # Files that the collector's own compaction has open stay for the next time.
                self.wait_for(lambda: call("compact", self.dir / "data").returncode == 0)
            counts.append(self.counted("FROM trade"))
            counts.append(self.counted("SELECT * FROM quote"))
        self.assertEqual(counts[::2], sorted(counts[::2]))
        self.assertGreater(counts[-2], counts[0])
        self.assertEqual(self.rows("FROM status"), [], "not for the sink")
        end()
        self.assertGreaterEqual(self.counted("FROM trade"), counts[-2])

    def test_dead_letters_are_sent_again_while_the_collector_runs(self):
        config = self.write("c.toml", '[sink.parquet]\ntype = "parquet"\n[sink.archive]\n'
                            'type = "ndjson"\ncompress = false\nrotate_age = "1s"\n'
                            f'[data]\ndir = "{self.dir}/data"\n[[feed]]\nvenue = "binance"\n'
                            'instruments = ["BTC-USDT"]\nchannels = ["trade"]\n')
        collector = subprocess.Popen([PROGRAM, "run", config, "--plain", "--listen", "none",
                                      *self.simulator("--rate", 400)], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: collector.poll() is None and collector.kill())
        files = lambda: list(self.dir.glob("data/archive/*/*.ndjson"))
        self.wait_for(lambda: len(files()) > 1)
        event = json.loads(files()[0].read_text().splitlines()[-1])
        event["symbol"] = "REFUSED"
        letters = self.dir / "data" / "dead-letter" / "archive.ndjson"
        with letters.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"sink": "archive", "index": 1, "problem": "no", "event": event},
                                 separators=(",", ":")) + "\nnonsense\n")
        result = call("dlq", "replay", "archive", "--config", config)
        self.fails(result, 65, "it is no dead letter")
        self.assertIn("1 delivered, 0 refused again, 1 cannot be read", result.stdout)
        self.assertEqual(letters.read_text(), "nonsense\n")
        count = len(files())
        self.wait_for(lambda: len(files()) > count + 1)  # it goes on
        collector.terminate()
        self.assertEqual(collector.communicate(timeout=DEADLINE) and collector.returncode, 0)
        seen = [json.loads(line) for file in files() for line in file.read_text().splitlines()]
        self.assertEqual([each["symbol"] for each in seen].count("REFUSED"), 1)

    def test_demo_then_query(self):
        result = call("demo", "--for", "4s", "--dir", "d", cwd=self.dir)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertNotIn("\x1b", result.stdout)  # no terminal: plain lines
        result = call("query", "--data", "d", "--format", "csv",
                      "SELECT venue, count(*) > 100 FROM trade GROUP BY ALL ORDER BY ALL",
                      cwd=self.dir)
        self.assertEqual(result.stdout.splitlines()[1:], ["binance,true", "okx,true"])
        result = call("query", "--data", "d", "SELECT nonsense FROM trade", cwd=self.dir)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("nonsense", result.stderr)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
