#!/usr/bin/env python3
"""The events of a running collector, as its clients get them: WebSocket and server-sent events.

Usage: stream_test.py PROGRAM [unittest arguments]
"""
import json
import resource
import socket
import sys
import unittest
import urllib.parse
import urllib.request

import control_test
from control_test import DEADLINE, RunningDemo, WebSocket


class Stream(RunningDemo):
    def open(self, *streams, path="/api/v1/stream", **more):
        web = WebSocket("127.0.0.1", self.port, path)
        self.addCleanup(web.close)
        self.assertEqual(web.status, 101)
        if streams:
            web.send({"op": "subscribe", "id": 1, "streams": streams, **more})
        return web

    @staticmethod
    def events(web, count):
        out = []
        while len(out) < count:
            message = web.receive()
            if "stream" in message:
                out.append(message)
        return out

    def test_trades_come_one_after_the_other(self):
        web = self.open("binance/BTC-USDT/trade")
        self.assertEqual(web.receive(),
                         {"op": "subscribed", "id": 1, "streams": ["binance/BTC-USDT/trade"]})
        events = self.events(web, 30)
        numbers = [event["data"]["seq"] for event in events]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 30)))
        for event in events:
            self.assertEqual(event["stream"], "binance/BTC-USDT/trade")
            self.assertEqual(event["data"]["type"], "trade")
            self.assertEqual(event["data"]["instrument"], "BTC-USDT")

    def test_who_names_the_next_number_misses_nothing(self):
        first = self.open("binance/BTC-USDT/trade")
        last = self.events(first, 5)[-1]["data"]["seq"]
        other = self.open("binance/ETH-USDT/trade")
        self.events(other, 40)  # meanwhile more trades come
        again = self.open("binance/BTC-USDT/trade", from_seq=last + 1)
        numbers = [event["data"]["seq"] for event in self.events(again, 60)]
        self.assertEqual(numbers, list(range(last + 1, last + 61)))

    def test_what_is_gone_is_said(self):
        web = self.open("binance/BTC-USDT/trade", from_seq=0)
        self.assertEqual(web.receive()["op"], "subscribed")
        missed = web.receive()
        self.assertEqual((missed["op"], missed["from_seq"]), ("missed", 0))
        self.assertEqual(self.events(web, 1)[0]["data"]["seq"], missed["to_seq"] + 1)

    def test_a_book_begins_whole_and_goes_on_by_changes(self):
        for path in ("/api/v1/stream", "/ws/orderbook/binance/BTC-USDT"):
            web = self.open(*(["binance/BTC-USDT/book"] if path.startswith("/api") else []),
                            path=path)
            events = [event["data"] for event in self.events(web, 40)]
            self.assertTrue(events[0]["is_snapshot"])
            self.assertGreater(len(events[0]["bids"]), 50)
            numbers = [event["seq"] for event in events]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 40)))
            sides = {"bids": {}, "asks": {}}
            for event in events:
                if event["is_snapshot"]:
                    sides = {"bids": {}, "asks": {}}
                for side, levels in sides.items():
                    for price, quantity in event[side]:
                        levels[float(price)] = float(quantity)
                        if float(quantity) == 0:
                            del levels[float(price)]
                self.assertLess(max(sides["bids"]), min(sides["asks"]))

    def test_the_best_levels_come_whole(self):
        web = self.open("okx/BTC-USDT-PERP/book5")
        for event in self.events(web, 5):
            data = event["data"]
            self.assertEqual((len(data["bids"]), len(data["asks"])), (5, 5))
            self.assertLess(float(data["bids"][0][0]), float(data["asks"][0][0]))

    def test_patterns_and_leaving(self):
        web = self.open("*/BTC-*/quote", "okx/*/trade")
        seen = {event["stream"] for event in self.events(web, 200)}
        self.assertIn("binance/BTC-USDT/quote", seen)
        self.assertTrue(any(stream.startswith("okx/") and stream.endswith("/trade")
                            for stream in seen), seen)
        self.assertFalse([stream for stream in seen if stream.startswith("binance/ETH")])
        web.send({"op": "unsubscribe", "id": 2, "streams": ["*/BTC-*/quote"]})
        while True:
            message = web.receive()
            if message.get("op") == "unsubscribed":
                break
        self.assertEqual(message["streams"], ["okx/*/trade"])
        self.assertTrue(all(event["stream"].endswith("/trade") for event in self.events(web, 20)))

    def test_mistakes_are_answered(self):
        web = self.open()
        for message, code, part in (
                ({"op": "subscribe", "id": 7, "streams": ["nonsense"]}, "unknown_stream",
                 "expected VENUE/INSTRUMENT/CHANNEL"),
                ({"op": "subscribe", "id": 7, "streams": ["a/b/c"]}, "unknown_stream",
                 "the channel is none"),
                ({"op": "subscribe", "id": 7, "streams": ["a/*/book7"]}, "unknown_stream",
                 "of one instrument"),
                ({"op": "subscribe", "id": 7, "streams": ["a/*/trade"], "from_seq": 1},
                 "unknown_stream", "from_seq"),
                ({"op": "sing", "id": 7}, "unknown_op", "expected subscribe")):
            web.send(message)
            answer = web.receive()
            self.assertEqual((answer["op"], answer["id"], answer["code"]), ("error", 7, code))
            self.assertIn(part, answer["message"])
        web.send("text")
        self.assertEqual(web.receive()["code"], "malformed")

    def test_server_sent_events(self):
        query = urllib.parse.urlencode({"streams": "binance/BTC-USDT/trade,binance/BTC-USDT/quote"})
        request = urllib.request.Request(f"{self.url}/api/v1/stream?{query}",
                                         headers={"Accept": "text/event-stream"})
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
            seen = set()
            while len(seen) < 2:
                line = answer.readline().decode()
                if line.startswith("data: "):
                    seen.add(json.loads(line[6:])["stream"])
        status, _, body = self.raw("/api/v1/stream?streams=x",
                                   headers={"Accept": "text/event-stream"})
        self.assertEqual(status, 400)
        self.assertIn("expected VENUE", json.loads(body)["error"])

    def test_one_that_never_reads_and_many_that_wait_disturb_nobody(self):
        sleeper = socket.socket()
        sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sleeper.settimeout(DEADLINE)
        sleeper.connect(("127.0.0.1", self.port))
        self.addCleanup(sleeper.close)
        sleeper.sendall((f"GET /api/v1/stream?streams=*/*/book,*/*/trade HTTP/1.1\r\n"
                         f"Host: 127.0.0.1:{self.port}\r\n"
                         "Accept: text/event-stream\r\n\r\n").encode())
        idle = [self.open("binance/SOL-USDT/ticker") for _ in range(1000)]
        web = self.open("binance/BTC-USDT/trade")
        numbers = [event["data"]["seq"] for event in self.events(web, 200)]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 200)))
        self.assertEqual(len(idle), 1000)


if __name__ == "__main__":
    control_test.PROGRAM = sys.argv.pop(1)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # for many clients, and the program too
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    unittest.main()
