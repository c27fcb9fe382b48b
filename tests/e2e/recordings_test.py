#!/usr/bin/env python3
"""Recordings of real venues, served as venues: a collector stores of one what `replay` says.

Usage: recordings_test.py PROGRAM FOLDER_OF_RECORDINGS [unittest arguments]

A row of RECORDINGS is a test. The collector asks the served venue for its listing; recordings that
have none, or none by the calls of today, get one of LISTINGS, which names their symbols and says no
more than it must. Bitstamp's cannot be had so: its snapshots are older than the first change that a
client sees, which rightly asks for newer ones. Nor can Binance's USD-M futures: their streams are
on two addresses today, and the one connection that was recorded has those of both.
"""
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

PROGRAM = ""
FOLDER = Path()
DEADLINE = 180


class Row(NamedTuple):
    venue: str
    recording: str


RECORDINGS = [Row(*words.split()) for words in """
ascendex ascendex/BITMAX.20210405_1730.ndjson.zst
binance binance_spot/BINANCE.20210405_1833.ndjson.zst
binance binance_spot/BINANCE.20210814_1446.ndjson.zst
binance-coinm binance_coinm/BINANCE_DELIVERY.20210417_1638.ndjson.zst
binance-us binance_us/BINANCE_US.20210417_1636.ndjson.zst
binance-us binance_us/BINANCE_US.20210814_1445.ndjson.zst
bitfinex bitfinex/BITFINEX.20210405_1726.ndjson.zst
bitflyer bitflyer/BITFLYER.20210417_1639.ndjson.zst
bitget-v1 bitget/BITGET.20220403_2204.ndjson.zst
bithumb-v1 bithumb/BITHUMB.20210601_2343_2.ndjson.zst
bitmex bitmex/BITMEX.20210405_1841.ndjson.zst
blockchain-com blockchain/BLOCKCHAIN.20210417_1642.ndjson.zst
bybit bybit/BYBIT.20260809.ndjson.zst
bybit-linear bybit/BYBIT.20260809.ndjson.zst
coinbase coinbase_exchange/COINBASE.20210417_1643.ndjson.zst
coinbase-advanced coinbase_advanced/COINBASE.20260809.ndjson.zst
crypto-com crypto_com/CRYPTO.COM.20211123.ndjson.zst
delta delta/DELTA.20211129_0054.ndjson.zst
deribit deribit/DERIBIT.20210405_1747.ndjson.zst
gate gateio_spot/GATEIO.20210422_1212.ndjson.zst
gate-futures gateio_futures/GATEIO_FUTURES.20230524_1209.ndjson.zst
gemini gemini/GEMINI.20210624_0014.ndjson.zst
hitbtc-v2 hitbtc/HITBTC.20210417_1646.ndjson.zst
htx htx_spot/HUOBI.20210417_1647.ndjson.zst
htx-inverse htx_swap/HUOBI_SWAP.20220219_1649.ndjson.zst
htx-linear htx_swap/HUOBI_SWAP.20220219_1649.ndjson.zst
kraken-futures kraken_futures/KRAKEN_FUTURES.20210417_1648.ndjson.zst
kraken-v1 kraken_spot_v1/KRAKEN.20210405_2347_3.ndjson.zst
kucoin kucoin/KUCOIN.20210425_1918.ndjson.zst
okx okx/OKX.20220227_2314.ndjson.zst
phemex phemex/PHEMEX.20210703_1957.ndjson.zst
poloniex poloniex/POLONIEX.20220821_2253.ndjson.zst
probit probit/PROBIT.20210405_1821.ndjson.zst
upbit upbit/UPBIT.20210405_1817.ndjson.zst
""".split("\n") if words]


def binance_listing(symbols, _):
    yield "https://x.example/api/v3/exchangeInfo", {"symbols": [
        {"symbol": symbol, "status": "TRADING", "baseAsset": symbol, "quoteAsset": "X",
         "filters": []} for symbol in symbols]}


def ascendex_listing(symbols, _):
    yield "https://x.example/api/pro/v1/cash/products", {"code": 0, "data": [
        {"symbol": symbol, "statusCode": "Normal"} for symbol in symbols]}


def probit_listing(symbols, _):
    yield "https://x.example/api/exchange/v1/market", {"data": [
        {"id": symbol, "base_currency_id": symbol.split("-")[0],
         "quote_currency_id": symbol.split("-")[1]} for symbol in symbols]}


def phemex_listing(_, answers):
    """The call of today has another path."""
    for _, answer in answers:
        yield "https://x.example/public/products", json.loads(answer)


def blockchain_listing(_, answers):
    """Likewise, and its answer is by symbol."""
    for _, answer in answers:
        yield "https://x.example/v3/exchange/symbols", {
            each["symbol"]: each for each in json.loads(answer)}


def bitfinex_listing(symbols, _):
    pairs = [[symbol[1:], [None] * 12] for symbol in symbols]
    yield ("https://x.example/v2/conf/pub:map:currency:sym,pub:info:pair,pub:info:pair:futures",
           [[], pairs, []])


def bitmex_listing(symbols, _):
    yield "https://x.example/api/v1/instrument/active", [
        {"symbol": symbol, "typ": "FFWCSX", "state": "Open", "underlying": symbol,
         "quoteCurrency": "X", "settlCurrency": "X"} for symbol in symbols]


def upbit_listing(symbols, _):
    yield "https://x.example/v1/market/all", [{"market": symbol} for symbol in symbols]


def deribit_listing(symbols, _):
    yield "https://x.example/api/v2/public/get_instruments?currency=any&kind=option", {
        "jsonrpc": "2.0", "result": [
            {"kind": "option", "instrument_name": symbol, "option_type": "call", "strike": number,
             "base_currency": "BTC", "quote_currency": "USD", "counter_currency": "USD",
             "expiration_timestamp": 1798185600000, "is_active": True}
            for number, symbol in enumerate(symbols)]}


def kraken_listing(symbols, _):
    yield "https://x.example/0/public/AssetPairs", {"error": [], "result": {
        symbol: {"altname": symbol, "wsname": symbol, "base": symbol.split("/")[0],
                 "quote": symbol.split("/")[1], "pair_decimals": 5, "lot_decimals": 8,
                 "status": "online"} for symbol in symbols}}


def okx_families(symbols, _):
    """Of options only: those of 2022 were asked for by another parameter."""
    options = [symbol for symbol in symbols if symbol.count("-") == 4]
    families = sorted({"-".join(symbol.split("-")[:2]) for symbol in options})
    yield "https://x.example/api/v5/public/underlying?instType=OPTION", {
        "code": "0", "msg": "", "data": [families]}
    for family in families:
        yield f"https://x.example/api/v5/public/instruments?instType=OPTION&instFamily={family}", {
            "code": "0", "msg": "", "data": [
                {"instId": symbol, "instType": "OPTION", "state": "live", "settleCcy": "X"}
                for symbol in options if symbol.startswith(family)]}


def kucoin_snapshots(_, answers):
    """Another call now brings them, which needs no key."""
    for url, answer in answers:
        if "/market/orderbook/level2?" in url:
            yield url.replace("/v3/market/orderbook/level2?",
                              "/v1/market/orderbook/level2_100?"), json.loads(answer)


def crypto_com_listing(_, answers):
    """The call of today has another path."""
    for url, answer in answers:
        yield url.replace("/v2/public/", "/exchange/v1/public/"), json.loads(answer)


def gemini_details(_, answers):
    """One call now brings what the recording asked for symbol by symbol."""
    yield "https://x.example/v1/symbols/details/all", [
        json.loads(answer) for url, answer in answers if "/v1/symbols/details/" in url]


LISTINGS = {
    "ascendex/BITMAX.20210405_1730.ndjson.zst": ascendex_listing,
    "blockchain/BLOCKCHAIN.20210417_1642.ndjson.zst": blockchain_listing,
    "phemex/PHEMEX.20210703_1957.ndjson.zst": phemex_listing,
    "probit/PROBIT.20210405_1821.ndjson.zst": probit_listing,
    "crypto_com/CRYPTO.COM.20211123.ndjson.zst": crypto_com_listing,
    "gemini/GEMINI.20210624_0014.ndjson.zst": gemini_details,
    "upbit/UPBIT.20210405_1817.ndjson.zst": upbit_listing,
    "kucoin/KUCOIN.20210425_1918.ndjson.zst": kucoin_snapshots,
    "okx/OKX.20220227_2314.ndjson.zst": okx_families,
    "binance_spot/BINANCE.20210405_1833.ndjson.zst": binance_listing,
    "bitfinex/BITFINEX.20210405_1726.ndjson.zst": bitfinex_listing,
    "bitmex/BITMEX.20210405_1841.ndjson.zst": bitmex_listing,
    "deribit/DERIBIT.20210405_1747.ndjson.zst": deribit_listing,
    "kraken_spot_v1/KRAKEN.20210405_2347_3.ndjson.zst": kraken_listing,
}

# Of the run and not of the venue: connects are told as status, the listing as instruments.
NOT_COMPARED = ("status", "instrument")


def events_by_stream(lines):
    streams = {}
    for line in lines:
        event = json.loads(line)
        if event["type"] in NOT_COMPARED:
            continue
        del event["ts_recv"]
        streams.setdefault((event["type"], event["symbol"]), []).append(event)
    return streams


def stored_lines(data):
    """Whole lines of all NDJSON files, finished or not."""
    lines = []
    for path in sorted((data / "ndjson").rglob("*")):
        if not path.is_file():
            continue
        try:
            text = path.read_text()
        except FileNotFoundError:  # finished in this moment: its new name has it
            return []
        lines += [line for line in text.split("\n")[:-1] if line.startswith('{"type"')]
    return lines


class Served:
    """`replay FILE --serve`, until it is left."""

    def __init__(self, recording, folder, *arguments):
        self.ledger = folder / "ledger.ndjson"
        self.process = subprocess.Popen(
            [PROGRAM, "replay", recording, "--serve", "--ca-file", folder / "ca.pem",
             "--ledger", self.ledger, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        self.where = json.loads(self.process.stdout.readline())
        self.summary = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=DEADLINE)
        if self.process.returncode == 0:
            self.summary = json.loads(errors.splitlines()[-1])

    def lines(self):
        return [json.loads(line) for line in self.ledger.read_text().splitlines()]


def collector_of(venue, streams, where, folder):
    """A collector of the streams that stores NDJSON, started."""
    config = f'[data]\ndir = "{folder}/data"\n[sink.parquet]\nenabled = false\n'
    config += "[sink.ndjson]\nenabled = true\ncompress = false\n"
    config += f'[[feed]]\nvenue = "{venue}"\n'
    config += f"symbols = {json.dumps(sorted({symbol for _, symbol in streams}))}\n"
    config += f"channels = {json.dumps(sorted({channel for channel, _ in streams}))}\n"
    for interval in {event["interval"] for (channel, _), events in streams.items()
                     if channel == "candle" for event in events}:
        config += f'interval = "{interval}"\n'  # two would be a wrong configuration, and said
    config += f"[venue.{venue}]\n"
    for key in ("ws_url", "rest_url", "ca_file"):
        config += f"{key} = {json.dumps(where[key])}\n"
    (folder / "c.toml").write_text(config)
    return subprocess.Popen([PROGRAM, "run", folder / "c.toml", "--plain"], cwd=folder,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def with_listing(row, symbols, folder):
    """The recording, or a copy of it with a listing where it has none."""
    recording = FOLDER / row.recording
    if row.recording not in LISTINGS:
        return recording
    text = subprocess.run(["zstd", "-dcq", recording], capture_output=True, check=True).stdout
    lines = [json.loads(line) for line in text.splitlines() if b'"http"' in line]
    answers = [(line["url"], line["data"]) for line in lines if line["t"] == "http"]
    copy = folder / recording.name
    extra = folder / "listing.ndjson"
    extra.write_text("".join(
        json.dumps({"t": "http", "conn": "listing", "ts": 1, "url": url,
                    "data": json.dumps(answer)}) + "\n"
        for url, answer in LISTINGS[row.recording](symbols, answers)))
    packed = subprocess.run(["zstd", "-q", "-c", extra], capture_output=True, check=True)
    copy.write_bytes(recording.read_bytes() + packed.stdout)
    return copy


class Recordings(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="mp-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir, True)

    def stored(self, venue, streams, where):
        """What the collector stored once it had all events, or the deadline passed."""
        enough = sum(map(len, streams.values()))
        process = collector_of(venue, streams, where, self.dir)
        give_up = time.monotonic() + DEADLINE / 2
        while time.monotonic() < give_up and process.poll() is None:
            stored = events_by_stream(stored_lines(self.dir / "data"))
            if sum(map(len, stored.values())) >= enough:
                break
            time.sleep(0.2)  # between two looks at the files
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, errors)
        return events_by_stream(stored_lines(self.dir / "data"))

    def check(self, row):
        if not FOLDER.exists():
            self.skipTest("the recordings are not beside the checkout")
        replayed = subprocess.run(
            [PROGRAM, "replay", FOLDER / row.recording, "--venue", row.venue], text=True,
            capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        counts = json.loads(replayed.stderr.splitlines()[-1])
        expected = events_by_stream(replayed.stdout.splitlines())
        self.assertTrue(expected)
        recording = with_listing(row, sorted({symbol for _, symbol in expected}), self.dir)
        with Served(recording, self.dir) as served:
            stored = self.stored(row.venue, expected, served.where)
        self.assertEqual({key: len(events) for key, events in stored.items()},
                         {key: len(events) for key, events in expected.items()})
        for key, events in expected.items():
            for number, (ours, theirs) in enumerate(zip(stored[key], events)):
                # Names come from the listing, which the recording itself need not have.
                if row.recording in LISTINGS:
                    ours["instrument"] = theirs["instrument"]
                self.assertEqual(ours, theirs, f"{key}, event {number}")
        if counts["elsewhere"] == 0:
            self.assertEqual(served.summary["sessions"], served.where["connections"])
        self.assertEqual(served.summary["frames_sent"], counts["frames"])
        frames = {}
        for line in served.lines():
            if "frame" in line:
                frames.setdefault(line["session"], []).append(line["frame"])
        for sent in frames.values():
            self.assertEqual(sent, list(range(1, len(sent) + 1)))
        print(f"{row.venue}, {Path(row.recording).name}: {counts['frames']} frames, "
              f"{sum(map(len, expected.values()))} events, equal", file=sys.stderr)


class Serving(unittest.TestCase):
    """The command by itself."""

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="mp-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.recording = self.dir / "r.ndjson"
        self.recording.write_text(
            '{"t":"header","exchange":"ANY"}\n'
            '{"t":"http","conn":"h","ts":1,"url":"https://x.example/list","data":"[1,2]"}\n'
            '{"t":"connect","conn":"c","ts":1,"url":"wss://x.example/ws"}\n'
            '{"t":"recv","conn":"c","ts":1.5,"data":"{}"}\n'
            '{"t":"recv","conn":"c","ts":1.6,"b64":"AAH/"}\n')

    def fails(self, code, *words, arguments=(), under=()):
        result = subprocess.run([*under, PROGRAM, "replay", *map(str, arguments)], cwd=self.dir,
                                text=True, capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stdout, "")
        for word in words:
            self.assertIn(word, result.stderr)
        return result.stderr

    def test_says_where_it_is_and_what_it_did(self):
        with Served(self.recording, self.dir, "--faults", "http-status@2:429") as served:
            where = served.where
            self.assertEqual((where["connections"], where["frames"]), (1, 2))
            context = ssl.create_default_context(cafile=where["ca_file"])
            with urllib.request.urlopen(where["rest_url"] + "/list?x=1", context=context,
                                        timeout=DEADLINE) as answer:
                self.assertEqual(json.load(answer), [1, 2])
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(where["rest_url"] + "/list", context=context,
                                       timeout=DEADLINE)
            self.assertEqual(refused.exception.code, 429)
            refused.exception.close()
        self.assertEqual(served.process.returncode, 0)
        self.assertEqual(served.summary, {
            "sessions": 0, "frames_sent": 0, "frames_unsent": 0, "rest_answers": 2, "not_found": 0,
            "faults": {"http-status": 1}})
        self.assertEqual([(line["url"], line["line"], line["status"], line["fault"])
                          for line in served.lines()],
                         [("/list?x=1", 2, 200, None), ("/list", None, 429, "http-status")])

    def test_ends_by_itself_when_told_so(self):
        result = subprocess.run([PROGRAM, "replay", self.recording, "--serve", "--for", "1s"],
                                cwd=self.dir, text=True, capture_output=True, timeout=DEADLINE,
                                check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(json.loads(result.stdout)["ws_url"].startswith("wss://127.0.0.1:"))
        self.assertTrue(Path(json.loads(result.stdout)["ca_file"]).exists())
        self.assertEqual(json.loads(result.stderr.splitlines()[-1])["sessions"], 0)

    def test_a_bad_plan_is_exit_2_in_one_sentence(self):
        error = self.fails(2, '"cut@x"', "expected a number from 1",
                           arguments=[self.recording, "--serve", "--faults", "drop@5,cut@x"])
        self.assertEqual(error.count("\n"), 1)

    def test_wrong_usage_is_exit_2(self):
        for arguments in (["--speed", "0x"], ["--speed", "fast"], ["--speed", "10x"],
                          ["--faults", "cut@5"], ["--ledger", "l"], ["--for", "5s"],
                          ["--serve", "--end", "explode"], ["--serve", "--speed", "1001x"],
                          ["--serve", "--port", "65536"]):
            self.fails(2, arguments[-2], arguments=[self.recording, *arguments])

    def test_files_and_ports_that_cannot_be_had(self):
        self.fails(74, "none", arguments=["none", "--serve"])
        self.fails(74, "no/ledger", arguments=[self.recording, "--serve", "--ledger", "no/ledger"])
        self.fails(74, "no/ca", arguments=[self.recording, "--serve", "--ca-file", "no/ca"])
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.fails(69, str(port), "in use",
                       arguments=[self.recording, "--serve", "--port", port])
        (self.dir / "frames.ndjson").write_text('{"e":"trade"}\n')
        self.fails(65, "frames.ndjson:1", arguments=["frames.ndjson", "--serve"])
        (self.dir / "empty.ndjson").write_text("")
        self.fails(65, "empty.ndjson", arguments=["empty.ndjson", "--serve"])

    def test_a_recording_that_may_not_be_read(self):
        self.recording.chmod(0)
        without = "-dac_override,-dac_read_search"
        under = ("setpriv", "--bounding-set", without, "--inh-caps", without)
        self.fails(77, "r.ndjson", arguments=[self.recording, "--serve"],
                   under=under if os.geteuid() == 0 else ())

    def test_plays_on_without_serve(self):
        result = subprocess.run([PROGRAM, "replay", self.recording, "--venue", "okx", "--speed",
                                 "1x"], text=True, capture_output=True, timeout=DEADLINE,
                                check=False)
        self.assertEqual(json.loads(result.stderr.splitlines()[-1])["frames"], 2)


def test_of(row):
    return lambda self: self.check(row)


for each in RECORDINGS:
    name = Path(each.recording).name.split(".ndjson")[0].replace(".", "_").lower()
    name += "_as_" + each.venue.replace("-", "_")
    setattr(Recordings, f"test_{name}", test_of(each))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    FOLDER = Path(sys.argv.pop(1)).absolute()
    unittest.main(verbosity=2)
