#!/usr/bin/env python3
"""The program against a hostile venue: docs/hostile.md, as somebody sees it who runs it.

Usage: hostile_test.py PROGRAM [-j N] [WORD]      WORD: cases that have it in their name

Of each case: the first client meets what the case says, the program says it in its words, closes
as RFC 6455 wants, comes back after the pause that fits, and the healthy session that it then has
brings its trade. Besides, always: no crash, nothing that hangs, no byte that a terminal obeys.
"""
import asyncio
import base64
import gzip
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

sys.dont_write_bytecode = True

from hostile_venue import (  # noqa: E402  (found beside this file)
    BINARY, CLOSE, LAST, LISTING, PING, TEXT, Venue, answer, frame, losses, trade)

DEADLINE = 60  # of a case
QUICK = (0, 1000)  # a pause in ms: by back-off
SLOW = (30_000, 60_000)
FORGED = "level=error event=forged"
ESCAPES = "\x1b[2J\x9b2J\x07\r\n"


class Case(NamedTuple):
    name: str
    listing: Any = None  # of the first call
    upgrade: Any = None  # of the first WebSocket
    session: Any = None  # behind its subscription
    says: tuple = ()
    closes: Any = None  # the code of our close frame
    pause: tuple = QUICK
    brings: tuple = ()  # trades of the first session
    binary: bytes = b""
    pongs: int = 0
    comes_back: bool = True
    loses: bool = True  # a connection, or a call
    subscribed: str = '{"result":null,"id":1}'  # the answer to the first subscription
    stays: bool = True  # the server waits for our end
    tls: str = ""  # the certificate
    host: str = "127.0.0.1"


def listed(name, body, says=(), **more):
    return Case(name, listing=body, says=says, loses=bool(says), **more)


def refused(status, *headers, body=b"", says=(), pause=QUICK):
    return Case(f"upgrade answered by {status} {' '.join(headers)}".strip(), stays=False,
                upgrade=answer(body, f"{status} No", *headers), says=(f"status {status}", *says),
                pause=pause, comes_back=pause is QUICK)


def upgraded(name, make, says=(), **more):
    return Case(name, upgrade=make, says=says, loses=bool(says), stays=not says, **more)


def sent(name, data, says=(), closes=None, **more):
    return Case(name, session=data, says=says, closes=closes, loses=bool(says), **more)


def breaks(name, data, says, code=1002):
    return sent(name, frame(TEXT, trade(1)) + data, (says,), code, brings=(1,))


async def cut(client):
    await client.send(frame(TEXT, trade(1)) + frame(TEXT, trade(2))[:20])


async def reset(client):
    await client.send(frame(TEXT, trade(1)))
    while not client.closed_with and client.writer.transport.get_write_buffer_size():
        await asyncio.sleep(0)
    client.reset()


async def dripped_answer(client):
    await client.drip(client.upgrade())
    await client.send(frame(TEXT, trade(LAST)))


def named(symbol, **more):
    listing = json.loads(LISTING)
    listing["symbols"].append(dict(listing["symbols"][0], symbol=symbol, **more))
    return answer(json.dumps(listing, ensure_ascii=False).encode())


CHUNKED = "Transfer-Encoding: chunked"
CASES = [
    # ---- the listing ----
    listed("listing in gzip", answer(gzip.compress(LISTING), "200 OK", "Content-Encoding: gzip")),
    listed("listing of 80 MiB in gzip", answer(
        gzip.compress(b" " * (80 << 20), 1), "200 OK", "Content-Encoding: gzip"), ("too long",)),
    listed("listing in br", answer(LISTING, "200 OK", "Content-Encoding: br"), ("br",)),
    listed("listing in chunks with trailers", lambda _: (
        f"HTTP/1.1 200 OK\r\n{CHUNKED}\r\n\r\n{len(LISTING):x};a=b\r\n".encode() + LISTING
        + b"\r\n0\r\nX-Sum: 1\r\n\r\n")),
    listed("listing behind early hints",
           b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(LISTING)),
    listed("listing byte by byte", lambda client: client.drip(answer(LISTING))),
    listed("headers without end", b"HTTP/1.1 200 OK\r\nX: " + b"y" * (1 << 20), ("header limit",)),
    listed("listing cut short", answer(LISTING)[:-20], ("exchangeInfo",)),
    listed("listing that is no JSON", answer(b"<html>\x1b[2J</html>"), ("exchangeInfo",)),
    listed("listing nested too deep", answer(b"[" * 100_000), ("exchangeInfo",)),
    listed("listing of nothing", answer(b'{"symbols":[]}'), ("listing_empty",), pause=()),
    listed("listing refused for a time", answer(b"{}", "429 Slow", "Retry-After: 2"),
           ("status 429",), pause=(2000, 2500)),
    listed("listing broken", answer(b"{}", "503 Down"), ("status 503",)),
    listed("names that command a terminal", named("BTC" + ESCAPES)),
    listed("a name of 70 KB", named("B" * 70_000)),
    listed("a name that is not UTF-8", answer(LISTING.replace(b'"BTC"', b'"B\xff"')),
           ("exchangeInfo",)),
    # ---- the upgrade ----
    refused(403, body=b'{"msg":"not from here"}', says=("not from here",), pause=SLOW),
    refused(301, "Location: wss://new.example/ws", says=("new.example",), pause=SLOW),
    refused(429, "Retry-After: 3", pause=(3000, 3500)),
    refused(503),
    refused(418, "Retry-After: 99999999", pause=(3_600_000, 3_660_000)),
    upgraded("a wrong accept", lambda client: client.upgrade().replace(
        client.accepts().encode(), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), ("Sec-WebSocket-Accept",)),
    upgraded("two accepts", lambda client: client.upgrade("Sec-WebSocket-Accept: AAAA"),
             ("Sec-WebSocket-Accept",)),
    upgraded("an extension that nobody asked for", lambda client: client.upgrade(
        "Sec-WebSocket-Extensions: x-unknown"), ("xtension",)),
    upgraded("lines that end with LF alone",
             lambda client: client.upgrade().replace(b"\r\n", b"\n"), ("HTTP",)),
    upgraded("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ("HTTP",)),
    upgraded("headers of 32 KiB", lambda client: client.upgrade("X: " + "y" * 32_768),
             ("16 KiB",)),
    upgraded("an end in the headers", lambda client: client.upgrade()[:40], ("eof",)),
    upgraded("100 Continue before the answer", lambda client: (
        b"HTTP/1.1 100 Continue\r\n\r\n" + client.upgrade() + frame(TEXT, trade(LAST)))),
    upgraded("an answer byte by byte", dripped_answer),
    # ---- frames ----
    sent("frames in pieces with a ping between", (
        frame(TEXT, trade(1)[:9], final=False) + frame(PING, "x") + frame(0, trade(1)[9:])
        + frame(TEXT, trade(LAST))), brings=(1,), pongs=1),
    sent("byte by byte", lambda client: client.drip(
        frame(TEXT, trade(1)) + frame(PING, "x") + frame(TEXT, trade(LAST))),
        brings=(1,), pongs=1),
    sent("a binary frame", frame(BINARY, b"\x00\xff\x1b") + frame(TEXT, trade(LAST)),
         binary=b"\x00\xff\x1b"),
    sent("a flood of pings", frame(PING, "x") * 5000 + frame(TEXT, trade(LAST))),
    sent("a flood of trades", b"".join(frame(TEXT, trade(i)) for i in range(20_000))
         + frame(TEXT, trade(LAST)), brings=(0, 9_999, 19_999)),
    breaks("a reserved bit", frame(TEXT, "x", reserved=4), "reserved"),
    breaks("an unknown opcode", frame(3, "x"), "opcode"),
    breaks("a masked frame", b"\x81\x81\0\0\0\0x", "mask"),
    breaks("a length that is not the shortest", b"\x81\x7e\x00\x01x", "length"),
    breaks("a length of 2^63", b"\x81\x7f" + b"\xff" * 8, "larger", 1009),
    breaks("a message over 16 MiB", b"\x81\x7f" + (17 << 20).to_bytes(8, "big"), "larger", 1009),
    breaks("a continuation of nothing", frame(0, "x"), "continu"),
    breaks("a ping in pieces", frame(PING, "x", final=False), "control"),
    breaks("text that is not UTF-8", frame(TEXT, b"\xc3\x28"), "UTF-8", 1007),
    breaks("pieces without end", frame(TEXT, "x", final=False) + frame(0, final=False) * 70_000,
           "fragments", 1009),
    Case("a refusal that forges a line", subscribed=json.dumps(
        {"error": {"code": 2, "msg": "Invalid: " + ESCAPES + FORGED}, "id": 1}),
        session=b"", says=("event=rejected", "Invalid"), loses=False, comes_back=False),
    # ---- ends ----
    breaks("a close that says why", frame(CLOSE, b"\x03\xe9" + ESCAPES.encode()[:100]),
           "code 1001", 1001),
    breaks("a close with a code that is none", frame(CLOSE, b"\x03\xed"), "must not be sent"),
    breaks("a close of one byte", frame(CLOSE, b"\x03"), "close"),
    breaks("data behind a close", frame(CLOSE, b"\x03\xe8") + frame(TEXT, trade(2)),
           "code 1000", 1000),
    sent("an end within a frame", cut, ("eof",), brings=(1,), stays=False),
    sent("a reset", reset, ("reset",), stays=False),
    # ---- TLS ----
    Case("a good certificate", tls="good", loses=False),
    *(Case(f"a certificate that is {kind}", tls=kind, says=("certificate", "127.0.0.1"),
           pause=SLOW, comes_back=False) for kind in ("expired", "of another host", "self-signed")),
    Case("no goodbye of TLS", tls="good", session=lambda client: client.writer.transport.abort(),
         says=("disconnected",), stays=False),
]


def certificates(folder):
    """Of an authority, ca.pem, one good and some bad ones."""
    def openssl(*words, text=None):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, input=text)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority",
            "-days", "2")
    for name, host, when in (("good", "127.0.0.1", ("-days", "2")),
                             ("of another host", "127.0.0.2", ("-days", "2")),
                             ("expired", "127.0.0.1", ("-days", "-1")),
                             ("self-signed", "127.0.0.1", ("-days", "2"))):
        (folder / "names").write_text(f"subjectAltName=IP:{host}\n")
        openssl("req", *key, "-keyout", f"{name}.key", "-out", "request", "-subj", "/CN=venue")
        signer = (("-signkey", f"{name}.key") if name == "self-signed" else
                  ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"))
        openssl("x509", "-req", "-in", "request", "-out", f"{name}.pem", "-extfile", "names",
                *signer, *when)


class Played:
    """A run of the program against a case."""

    def __init__(self, program, case, certificates_in):
        self.program, self.case, self.certificates = program, case, certificates_in
        self.folder = Path(tempfile.mkdtemp(prefix="mp-hostile-"))
        self.said = ""

    def record(self):
        path = self.folder / "r.ndjson"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in map(json.loads, lines) if line["t"] == "recv"]

    def missing(self):
        """What the program has yet to say or to bring."""
        if word := next((word for word in self.case.says if word not in self.said), None):
            return f"it does not say: {word}"
        pauses = [pause for _, pause, _ in losses(self.said)]
        if self.case.loses and self.case.pause and not pauses:
            return "it does not say that it lost anything"
        if self.case.comes_back and self.venue.sessions < 1:
            return "it does not come back"
        texts = {line.get("data") for line in self.received}
        wanted = [*self.case.brings, *([LAST] if self.case.comes_back else [])]
        if lost := [number for number in wanted if trade(number) not in texts]:
            return f"trades {lost} are not recorded"
        return None

    async def run(self):
        case = self.case
        self.venue = Venue(case)
        overrides = await self.venue.start(case.tls and self.context(case.tls))
        if case.tls:
            overrides.append(f"binance.ca_file={self.certificates / 'ca.pem'}")
        arguments = ["record", "binance:BTC-USDT@trade", "--out", "r.ndjson", "--data", "d",
                     "--plain", *(x for one in overrides for x in ("--set", one))]
        process = await asyncio.create_subprocess_exec(
            self.program, *arguments, cwd=self.folder, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT)
        reading = asyncio.create_task(self.read(process.stdout))
        give_up = asyncio.get_running_loop().time() + DEADLINE / 2
        self.received = []
        while self.missing() and asyncio.get_running_loop().time() < give_up:
            await asyncio.sleep(0.1)  # between two looks
            self.received = self.record_so_far()
        ended = process.returncode
        if ended is None:
            process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(process.wait(), DEADLINE / 2)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            ended = "only when it was killed"
        await reading
        await self.venue.stop()
        self.received = self.record()
        return list(self.wrong(process.returncode, ended))

    def record_so_far(self):
        try:
            return self.record()
        except ValueError:  # half a line
            return self.received

    async def read(self, stream):
        while data := await stream.read(65536):
            self.said += data.decode("utf-8", "surrogateescape")

    def context(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*(self.certificates / f"{name}.{kind}" for kind in ("pem", "key")))
        return context

    def wrong(self, code, ended):
        case, client = self.case, self.venue.first
        if ended is not None:
            yield f"it ended by itself: {ended}"
        if code not in (0, 69):
            yield f"it ended with code {code}"
        if missing := self.missing():
            yield missing
        lost = [each for each in losses(self.said) if each[0] != "stopped"]
        if not case.loses and lost:
            yield f"it lost something: {lost}"
        if case.loses and case.pause and lost and not case.pause[0] <= lost[0][1] <= case.pause[1]:
            yield f"it waits for {lost[0][1]} ms, expected {case.pause}"
        asked = self.venue.asked
        if case.listing is not None and case.pause and len(asked) > 1 and (
                asked[1] - asked[0] < case.pause[0] / 1000):
            yield f"it asks again after {asked[1] - asked[0]:.3f} s, expected {case.pause} ms"
        if case.closes and client.closed_with != case.closes:
            yield f"it closes with {client.closed_with}, expected {case.closes}"
        if case.pongs and len(client.pongs) != case.pongs:
            yield f"it answers {len(client.pongs)} pings of {case.pongs}"
        if case.binary and case.binary not in [base64.b64decode(line["b64"])
                                               for line in self.received if "b64" in line]:
            yield "the binary frame is not recorded"
        if obeyed := [c for c in self.said if c != "\n" and (c < " " or "\x7f" <= c < "\xa0")]:
            yield f"a terminal would obey it: {obeyed[:5]}"
        if "\n" + FORGED in self.said:
            yield "a line is forged"
        if "Sanitizer" in self.said:
            yield "a sanitizer complains"


async def play_all(program, cases, together):
    folder = Path(tempfile.mkdtemp(prefix="mp-hostile-"))
    certificates(folder)
    room = asyncio.Semaphore(together)

    async def play(case):
        async with room:
            played = Played(program, case, folder)
            try:
                wrong = await played.run()
            finally:
                shutil.rmtree(played.folder, True)
            print(f"{'WRONG' if wrong else 'ok   '} {case.name}", *wrong, sep="\n      - ",
                  flush=True)
            if wrong:
                print(played.said[-2000:])
            return bool(wrong)
    wrong = sum(await asyncio.gather(*map(play, cases)))
    shutil.rmtree(folder, True)
    print(f"{len(cases)} cases, {wrong} wrong")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    words = sys.argv[1:]
    at_once = int(words.pop(words.index("-j") + 1)) if "-j" in words else 4
    word = " ".join(x for x in words[1:] if x != "-j")
    sys.exit(asyncio.run(play_all(os.path.abspath(words[0]),
                                  [case for case in CASES if word in case.name], at_once)))
