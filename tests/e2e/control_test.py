#!/usr/bin/env python3
"""The control API, the metrics and the commands that use them, of a collector that runs.

Usage: control_test.py PROGRAM [unittest arguments]
"""
import base64
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

PROGRAM = ""
DEADLINE = 60
ROOT = Path(__file__).resolve().parents[2]


def call(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], text=True, capture_output=True,
                          timeout=DEADLINE, check=False)


class WebSocket:
    """As much of RFC 6455 as a test needs: text both ways, small messages out."""

    def __init__(self, host, port, path, headers=()):
        self.socket = socket.create_connection((host, port), timeout=DEADLINE)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
                 *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        accept = None
        while (line := self.file.readline().strip()):
            name, _, value = line.partition(b":")
            if name.lower() == b"sec-websocket-accept":
                accept = value.strip().decode()
        if self.status == 101:
            guid = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            assert accept == base64.b64encode(hashlib.sha1(guid.encode()).digest()).decode()

    def send(self, message):
        data = json.dumps(message).encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        short = len(data) < 126
        size = bytes([0x80 | len(data)]) if short else b"\xfe" + struct.pack(">H", len(data))
        self.socket.sendall(b"\x81" + size + mask + masked)

    def receive(self):
        while True:
            first, second = self.file.read(2)
            length = second & 0x7F
            if length == 126:
                length = struct.unpack(">H", self.file.read(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self.file.read(8))[0]
            payload = self.file.read(length)
            if first & 0x0F == 1:
                return json.loads(payload)
            if first & 0x0F == 8:
                return {"closed": struct.unpack(">H", payload[:2])[0], "why": payload[2:].decode()}

    def close(self):
        self.file.close()
        self.socket.close()


class RunningDemo(unittest.TestCase):
    """One demo for all tests of a class: its port is a free one, and said in control.url."""

    program = ""  # another than PROGRAM
    rate = 300  # messages in a second

    @classmethod
    def setUpClass(cls):
        cls.dir = Path(tempfile.mkdtemp(prefix="mp-control-"))
        cls.data = cls.dir / "data"
        cls.process = subprocess.Popen(
            [cls.program or PROGRAM, "demo", "--plain", "--dir", str(cls.data), "--listen",
             "127.0.0.1:0", "--rate", str(cls.rate)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in cls.process.stdout:  # until a book is there
            if "LIVE" in line:
                break
        cls.url = (cls.data / "control.url").read_text().strip()
        cls.port = int(cls.url.rsplit(":", 1)[1])

    def setUp(self):  # what the test before it did has healed
        self.until(lambda: self.get("/api/v1/status")["instruments"]["live"] == 8)

    @classmethod
    def tearDownClass(cls):
        cls.process.send_signal(signal.SIGINT)
        cls.process.communicate(timeout=DEADLINE)
        shutil.rmtree(cls.dir, True)
        assert cls.process.returncode == 0, cls.process.returncode

    @classmethod
    def until(cls, condition):
        """Looks with each heartbeat of the collector."""
        live = WebSocket("127.0.0.1", cls.port, "/api/v1/live")
        live.send({"op": "watch", "topics": ["status"], "interval_ms": 50})
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, "it never came"
            assert live.receive()["topic"] == "status"
        live.close()

    @classmethod
    def raw(cls, path, method="GET", body=None, headers=None):
        request = urllib.request.Request(cls.url + path, method=method, headers=headers or {},
                                         data=None if body is None else body.encode())
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    @classmethod
    def get(cls, path):
        status, _, body = cls.raw(path)
        assert status == 200, (path, status, body)
        return json.loads(body)

    def token(self):
        return {"Authorization": "Bearer " + (self.data / "control.token").read_text().strip()}


class Control(RunningDemo):
    def test_the_document_describes_what_is_answered(self):
        document = self.get("/api/v1/openapi.json")
        self.assertEqual(document, json.loads((ROOT / "docs/openapi.json").read_text()))
        schemas = document["components"]["schemas"]

        def fits(value, schema, where):
            if "$ref" in schema:
                return fits(value, schemas[schema["$ref"].rsplit("/", 1)[1]], where)
            if "anyOf" in schema:
                if value is None:
                    return None
                return fits(value, schema["anyOf"][0], where)
            kinds = schema.get("type", [])
            kinds = [kinds] if isinstance(kinds, str) else kinds
            types = {"string": str, "integer": int, "number": (int, float), "boolean": bool,
                     "array": list, "object": dict, "null": type(None)}
            self.assertTrue(any(isinstance(value, types[kind]) for kind in kinds),
                            f"{where}: {value!r} is none of {kinds}")
            if "enum" in schema:
                self.assertIn(value, schema["enum"], where)
            if isinstance(value, dict) and "properties" in schema:
                self.assertEqual(set(value), set(schema["properties"]), where)
                for name, each in value.items():
                    fits(each, schema["properties"][name], f"{where}.{name}")
            if isinstance(value, list) and "items" in schema:
                for each in value:
                    fits(each, schema["items"], where + "[]")
            return None

        names = {"venue": "binance", "name": "BTC-USDT"}
        for path, item in document["paths"].items():
            if "get" not in item:
                continue
            status, headers, body = self.raw(path.format(**names))
            with self.subTest(path):
                if path == "/api/v1/token":
                    self.assertEqual(status, 403)
                    continue
                if path.startswith("/api/v1/profile/"):  # none was made
                    self.assertEqual(status, 404)
                    continue
                if path == "/api/v1/heap/sites" and status == 503:  # a sanitizer's allocator
                    self.assertIn("without jemalloc", body)
                    continue
                content = item["get"]["responses"]["200"]["content"]
                self.assertIn(status, (200, 503) if path == "/healthz" else (200,), body)
                self.assertIn(headers["Content-Type"].split(";")[0], content)
                if "application/json" in content:
                    fits(json.loads(body), content["application/json"]["schema"], path)

    def test_an_instrument_and_its_book(self):
        rows = {(row["venue"], row["instrument"]): row for row in self.get("/api/v1/instruments")}
        row = rows[("binance", "BTC-USDT")]
        self.assertEqual(row["state"], "LIVE")
        self.assertRegex(row["bid"]["price"], r"^\d+\.\d\d$")  # to its tick
        self.assertLess(float(row["bid"]["price"]), float(row["ask"]["price"]))
        self.assertEqual({each["channel"] for each in row["channels"]} &
                         {"trade", "quote", "book"}, {"trade", "quote", "book"})
        book = self.get("/api/v1/books/binance/BTCUSDT?depth=7")
        self.assertEqual((len(book["bids"]), len(book["asks"])), (7, 7))
        prices = [float(price) for price, _ in book["bids"]]
        self.assertEqual(prices, sorted(prices, reverse=True))
        self.assertLess(prices[0], float(book["asks"][0][0]))
        status, _, body = self.raw("/api/v1/books/binance/NONE-USDT")
        self.assertEqual(status, 404)
        self.assertIn("NONE-USDT", json.loads(body)["error"])

    def test_live_sends_what_is_watched_and_trades_once(self):
        live = WebSocket("127.0.0.1", self.port, "/api/v1/live")
        self.addCleanup(live.close)
        live.send({"op": "watch", "topics": ["status"], "interval_ms": 50})
        first = live.receive()
        self.assertEqual(first["topic"], "status")
        live.send({"op": "watch", "topics": []})
        live.send({"op": "book", "venue": "binance", "name": "BTC-USDT", "depth": 5})
        ids = []
        sequences = []
        while len(ids) < 5:
            message = live.receive()
            if message["topic"] != "book":
                continue
            sequences.append(message["data"]["sequence"])
            ids += [int(trade["id"]) for trade in message["trades"]]
        self.assertEqual(ids, list(range(ids[0], ids[0] + len(ids))))
        self.assertEqual(sequences, sorted(sequences))
        live.send({"op": "watch", "topics": ["nothing"]})
        while (message := live.receive())["topic"] != "error":
            pass
        self.assertIn("expected some of", message["data"])

    def test_strangers_are_refused(self):
        status, _, _ = self.raw("/api/v1/status", headers={"Host": "evil.example"})
        self.assertEqual(status, 403)
        status, _, _ = self.raw("/api/v1/status", headers={"Origin": "http://evil.example"})
        self.assertEqual(status, 403)
        foreign = WebSocket("127.0.0.1", self.port, "/api/v1/live",
                            ["Origin: http://evil.example"])
        self.addCleanup(foreign.close)
        self.assertEqual(foreign.status, 403)
        for method, path in (("POST", "/api/v1/books/binance/BTCUSDT/resync"),
                             ("POST", "/api/v1/reload"), ("PUT", "/api/v1/log"),
                             ("POST", "/api/v1/feeds"), ("DELETE", "/api/v1/feeds")):
            status, _, body = self.raw(path, method, "{}")
            self.assertEqual(status, 401, path)
            self.assertIn("control.token", body)
        self.assertEqual((self.data / "control.token").stat().st_mode & 0o777, 0o600)
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2findex.html",
                     "/assets/%00", "//etc/passwd"):
            self.assertEqual(self.raw(path)[0], 404, path)

    def test_changes_with_the_token(self):
        before = self.get("/api/v1/status")["totals"]["gaps"]
        status, _, body = self.raw("/api/v1/books/binance/ETH-USDT/resync", "POST", "",
                                   self.token())
        self.assertEqual(status, 204, body)
        self.until(lambda: any(gap["symbol"] == "ETHUSDT" and gap["condition"] == "resynced"
                               for gap in self.get("/api/v1/gaps")))
        self.assertGreater(self.get("/api/v1/status")["totals"]["gaps"], before)
        asked = [gap for gap in self.get("/api/v1/gaps") if gap["reason"] == "asked"]
        self.assertEqual(asked[0]["symbol"], "ETHUSDT")
        self.assertEqual(self.get("/api/v1/log"), {"level": "warn", "format": "logfmt"})
        self.assertEqual(self.raw("/api/v1/log", "PUT", '{"level":"error"}', self.token())[0], 204)
        self.assertEqual(self.get("/api/v1/log")["level"], "error")
        status, _, body = self.raw("/api/v1/log", "PUT", '{"level":"loud"}', self.token())
        self.assertEqual(status, 400)
        self.assertIn("expected debug", body)
        status, _, body = self.raw("/api/v1/reload", "POST", "", self.token())
        self.assertEqual(status, 409)
        self.assertIn("no configuration file", body)
        status, _, body = self.raw("/api/v1/feeds", "POST", '{"feeds":["okx:BTC-USDT"]}',
                                   self.token())
        self.assertEqual(status, 409, "what the demo collects is fixed")

    def test_healthz_knows_what_venues_show(self):
        checks = {check["name"]: check for check in json.loads(self.raw("/healthz")[2])["checks"]}
        self.assertRegex(checks["certificates"]["text"], r"of 127\.0\.0\.1 ends first, in \d+ days")
        self.assertIn(checks["silent topics"]["status"], ("ok", "warning"))
        for name in ("venue clocks", "disk time", "descriptors", "protocol"):
            self.assertIn(name, checks)

    def test_a_fault_of_the_demo_is_seen(self):
        faults = [fault["name"] for fault in self.get("/api/v1/faults")]
        self.assertIn("reset-okx", faults)
        status, _, _ = self.raw("/api/v1/faults/reset-okx", "POST", "", self.token())
        self.assertEqual(status, 204)
        self.until(lambda: any(gap["venue"] == "okx" and gap["condition"] == "disconnected"
                               for gap in self.get("/api/v1/gaps")))
        self.until(lambda: self.get("/api/v1/status")["instruments"]["live"] == 8)

    def test_metrics(self):
        status, headers, body = self.raw("/metrics")
        self.assertEqual(status, 200)
        self.assertIn("version=0.0.4", headers["Content-Type"])
        documented = set(re.findall(r"`(marketprism_\w+)`", (ROOT / "docs/metrics.md").read_text()))
        served = set(re.findall(r"^# TYPE (\w+)", body, re.MULTILINE))
        self.assertEqual(served, documented)
        self.assertRegex(body, r'marketprism_frames_received_total\{venue="binance"\} [1-9]')
        self.assertRegex(body, r'marketprism_instruments\{venue="okx",state="LIVE"\} 4')
        buckets = re.findall(r'pipeline_latency_seconds_bucket\{venue="okx",le="([^"]+)"\} (\d+)',
                             body)
        counts = [int(count) for _, count in buckets]
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(buckets[-1][0], "+Inf")
        if (promtool := shutil.which("promtool")):
            checked = subprocess.run([promtool, "check", "metrics"], input=body, text=True,
                                     capture_output=True, timeout=DEADLINE, check=False)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_a_sink_with_an_open_file_is_not_behind(self):
        def ndjson():
            return next(sink for sink in self.get("/api/v1/sinks") if sink["name"] == "ndjson")

        self.until(lambda: ndjson()["unconfirmed_events"] > 2000)  # its file is open for an hour
        self.until(lambda: ndjson()["lag_events"] < 1000)
        sink = ndjson()
        self.assertGreaterEqual(sink["delivered"], 2000)

    def test_top_prints_what_runs(self):
        result = call("top", "--data", self.data, "--once", "--sort", "rate", "--filter",
                      "binance/BTC")
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stdout.splitlines()
        self.assertIn("INSTRUMENT", lines[0])
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[1], r"binance +BTC-USDT +LIVE")
        result = call("top", "--url", self.url, "--once", "--view", "sinks")
        self.assertIn("parquet", result.stdout)
        result = call("top", "--url", self.url, "--once", "--view", "connections")
        self.assertIn("binance", result.stdout)
        result = call("top", "--data", self.dir / "nowhere", "--once")
        self.assertEqual(result.returncode, 69)
        self.assertIn("no collector runs in", result.stderr)
        result = call("top", "--url", self.url, "--view", "weather")
        self.assertEqual(result.returncode, 2)
        self.assertIn("instruments, connections, sinks", result.stderr)

    def test_tap_prints_events_that_match(self):
        result = call("tap", "binance/BTC-*/trade", "--data", self.data, "-n", 5)
        self.assertEqual(result.returncode, 0, result.stderr)
        events = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(len(events), 5)
        self.assertEqual({(e["venue"], e["instrument"], e["type"]) for e in events},
                         {("binance", "BTC-USDT", "trade")})
        result = call("tap", "*/*/trade", "--where", "side=buy", "--format", "csv", "--all",
                      "--data", self.data, "-n", 20)
        rows = [line.split(",") for line in result.stdout.splitlines()]
        self.assertEqual(rows[0][-4:], ["trade_id", "price", "quantity", "side"])
        self.assertEqual({row[-1] for row in rows[1:]}, {"buy"})
        result = call("tap", "--where", "colour=red", "--data", self.data)
        self.assertEqual(result.returncode, 2)
        self.assertIn("no event has a field \"colour\"", result.stderr)
        result = call("tap", "binance/BTC-USDT/trades", "--data", self.data)
        self.assertEqual(result.returncode, 2)
        self.assertIn("no channel \"trades\"", result.stderr)

    def test_doctor_says_what_is_well(self):
        result = call("doctor", "--data", self.data, "--format", "json")
        checks = {check["name"]: check for check in json.loads(result.stdout)}
        self.assertEqual(checks["instruments"]["text"][:9], "8 of 8 li")
        self.assertEqual(checks["sink parquet"]["status"], "ok")
        self.assertIn("disk", checks)
        result = call("doctor", "--data", self.dir, "--format", "nagios")
        self.assertRegex(result.stdout, r"^(WARNING|CRITICAL) - ")
        self.assertIn(result.returncode, (1, 2))

    def test_a_second_collector_takes_another_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            result = call("demo", "--for", "1s", "--plain", "--dir", self.dir / "second",
                          "--listen", f"127.0.0.1:{port}")
        self.assertEqual(result.returncode, 69, result.stdout)
        self.assertIn(f"cannot listen on 127.0.0.1:{port}", result.stderr)
        result = call("demo", "--for", "1s", "--plain", "--dir", self.dir / "second",
                      "--listen", "70000")
        self.assertEqual(result.returncode, 78)
        self.assertIn("expected HOST:PORT", result.stderr)
        result = call("demo", "--for", "1s", "--plain", "--dir", self.dir / "second",
                      "--listen", "127.0.0.1:0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((self.dir / "second" / "control.url").exists(), "it runs no longer")

    def test_elsewhere_everything_needs_the_token(self):
        data = self.dir / "third"
        process = subprocess.Popen(
            [PROGRAM, "demo", "--plain", "--dir", str(data), "--listen", "0.0.0.0:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

        def end():
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=DEADLINE)
        self.addCleanup(end)
        process.stdout.readline()  # its table, behind its page
        url = (data / "control.url").read_text().strip().replace("0.0.0.0", "127.0.0.1")
        token = (data / "control.token").read_text().strip()
        with urllib.request.urlopen(url + "/livez", timeout=DEADLINE) as answer:
            self.assertEqual(answer.status, 200)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url + "/metrics", timeout=DEADLINE)
        self.assertEqual(refused.exception.code, 401)
        refused.exception.close()
        asked = urllib.request.Request(url + "/metrics",
                                       headers={"Authorization": "Bearer " + token})
        with urllib.request.urlopen(asked, timeout=DEADLINE) as answer:
            self.assertEqual(answer.status, 200)


class Changes(unittest.TestCase):
    """A run whose feeds change by the API, with the ports of the older system."""

    def start(self, *arguments):
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)

        def end():
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=DEADLINE)
        self.addCleanup(end)
        return process

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="mp-changes-"))
        self.addCleanup(shutil.rmtree, self.dir, True)
        venues = self.start("simulate", "--ca-file", self.dir / "ca.pem")
        urls = [word for _ in range(2) for word in venues.stdout.readline().split()]
        with socket.socket() as one, socket.socket() as other:
            for each in (one, other):
                each.bind(("127.0.0.1", 0))
            self.health, self.metrics = (each.getsockname()[1] for each in (one, other))
        self.run_ = self.start(
            "run", "binance:BTC-USDT@trade,book", "--plain", "--data", self.dir / "data",
            "--listen", "127.0.0.1:0", *urls,
            "--set", f"control.legacy_health=127.0.0.1:{self.health}",
            "--set", f"control.legacy_metrics=127.0.0.1:{self.metrics}")
        for line in self.run_.stdout:  # until its book is there
            if "LIVE" in line:
                break
        self.url = (self.dir / "data/control.url").read_text().strip()
        self.token = (self.dir / "data/control.token").read_text().strip()

    def ask(self, url, method="GET", body=None, headers=None):
        request = urllib.request.Request(url, method=method, headers=headers or {},
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def feeds(self, method, *feeds):
        status, body = self.ask(self.url + "/api/v1/feeds", method, {"feeds": feeds},
                                {"Authorization": "Bearer " + self.token})
        return status, json.loads(body)

    def test_feeds_come_and_go(self):
        status, answer = self.feeds("POST", "okx:ETH-USDT-PERP@trade,book",
                                    "binance:SOL-USDT@trade")
        self.assertEqual(status, 200, answer)
        self.assertIn("not written to the configuration file", answer["note"])
        for line in self.run_.stdout:  # until it has come
            if "LIVE" in line and "ETH-USDT-PERP" in line:
                break
        status, answer = self.feeds("DELETE", "binance:SOL-USDT", "okx:ETH-USDT-PERP@book")
        self.assertEqual(status, 200, answer)
        self.assertEqual(sorted(answer["changed"]),
                         ["- binance SOL-USDT trade", "- okx ETH-USDT-PERP book"])
        for method, feed, word in (("DELETE", "binance:SOL-USDT", "is not collected"),
                                   ("POST", "binance:SOL-USDT@tade", "unknown channel"),
                                   ("POST", "nowhere:X-Y", "unknown venue")):
            status, answer = self.feeds(method, feed)
            self.assertEqual(status, 400)
            self.assertIn(word, answer["error"])
        self.assertEqual(self.feeds("POST")[0], 400)

    def test_the_older_system_s_ports_answer(self):
        status, body = self.ask(f"http://127.0.0.1:{self.health}/health")
        health = json.loads(body)
        self.assertEqual(status, 200)
        self.assertEqual(health["status"], "healthy", body)
        self.assertEqual(health["coverage"]["orderbook"]["binance"]["active_symbols"], 1)
        for path, key in (("ping", "pong"), ("version", "version"), ("status", "uptime")):
            self.assertIn(key, json.loads(self.ask(f"http://127.0.0.1:{self.health}/{path}")[1]))
        status, body = self.ask(f"http://127.0.0.1:{self.metrics}/metrics")
        self.assertEqual(status, 200)
        self.assertIn('marketprism_websocket_connected{exchange="binance"} 1', body)
        documented = (ROOT / "docs/legacy.md").read_text()
        for name in re.findall(r"^# TYPE marketprism_(\w+)", body, re.MULTILINE):
            self.assertIn(f"`{name}`", documented)
        if (promtool := shutil.which("promtool")):
            checked = subprocess.run([promtool, "check", "metrics"], input=body, text=True,
                                     capture_output=True, timeout=DEADLINE, check=False)
            self.assertNotIn("error", checked.stdout + checked.stderr)
        self.assertEqual(self.ask(f"http://127.0.0.1:{self.health}/health",
                                  headers={"Host": "evil.example"})[0], 403)
        self.assertEqual(self.ask(f"http://127.0.0.1:{self.health}/none")[0], 404)

    def test_the_configuration_says_where_each_key_is_from(self):
        keys = {each["key"]: each["origin"]
                for each in json.loads(self.ask(self.url + "/api/v1/config")[1])}
        self.assertEqual((keys["control.legacy_health"], keys["data.dir"], keys["control.listen"],
                          keys["feed[0].instruments"], keys["journal.fsync"]),
                         ("--set", "--data", "--listen", "command line", "default"))


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
