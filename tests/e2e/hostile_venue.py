"""A venue on 127.0.0.1 that does to its first client what a case says, and serves the next well.

A case is data: what answers the listing, what answers the upgrade, what follows the subscription,
each as bytes or as a coroutine of the connection. It is over when the program has said all that it
should, and, unless it is to give up, the trade of a healthy session has come.
"""
import asyncio
import base64
import hashlib
import json
import re
import socket
import struct

LISTING = json.dumps({"symbols": [{
    "symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT",
    "filters": []}]}).encode()
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
LAST = 1_000_000  # the trade of a healthy session


def frame(opcode, payload=b"", final=True, reserved=0):
    if isinstance(payload, str):
        payload = payload.encode()
    size = len(payload)
    head = bytes([final << 7 | reserved << 4 | opcode])
    if size < 126:
        return head + bytes([size]) + payload
    if size < 1 << 16:
        return head + struct.pack(">BH", 126, size) + payload
    return head + struct.pack(">BQ", 127, size) + payload


def trade(number):
    return json.dumps({"stream": "btcusdt@trade", "data": {
        "e": "trade", "E": 1795000000000, "s": "BTCUSDT", "t": number, "p": "1.5", "q": "2",
        "T": 1795000000000, "m": False, "M": True}}, separators=(",", ":"))


def answer(body, status="200 OK", *headers):
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


class Client:
    """A connection of the program, behind its request."""

    def __init__(self, reader, writer, headers):
        self.reader, self.writer, self.headers = reader, writer, headers
        self.pongs, self.closed_with = [], None

    def accepts(self):
        key = self.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()

    def upgrade(self, *extra):
        lines = [f"Sec-WebSocket-Accept: {self.accepts()}", *extra, "", ""]
        return SWITCH.encode() + "\r\n".join(lines).encode()

    async def send(self, data):
        self.writer.write(data if isinstance(data, bytes) else data.encode())
        await self.writer.drain()

    async def drip(self, data):
        """One byte in a segment."""
        for byte in data:
            await self.send(bytes([byte]))
            await asyncio.sleep(0)

    async def read(self):
        """The next data frame's payload; None at a close or the end."""
        while True:
            try:
                first, size = await self.reader.readexactly(2)
                size &= 127
                if size == 126:
                    size, = struct.unpack(">H", await self.reader.readexactly(2))
                mask = await self.reader.readexactly(4)
                payload = bytes(byte ^ mask[i & 3]
                                for i, byte in enumerate(await self.reader.readexactly(size)))
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
            if first & 15 == PONG:
                self.pongs.append(payload)
            elif first & 15 == CLOSE:
                self.closed_with = struct.unpack(">H", payload[:2])[0] if payload else 0
                return None
            else:
                return payload

    async def ends(self):
        while await self.read() is not None:
            pass

    def reset(self):
        self.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


async def perform(action, client):
    """Bytes, or what makes them, or a coroutine of the connection."""
    made = action(client) if callable(action) else action
    if asyncio.iscoroutine(made):
        await made
    elif made is not None:
        await client.send(made)


class Venue:
    def __init__(self, case):
        self.case = case
        self.asked = []  # for listings
        self.first = None  # the first WebSocket
        self.sessions = 0
        self.tasks = set()

    client = Client

    async def start(self, context=None):
        async def serve(reader, writer):
            self.tasks.add(asyncio.current_task())
            try:
                await self.serve(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()
        self.servers = [await asyncio.start_server(serve, "127.0.0.1", 0)]
        if self.case.tls:
            self.servers.append(await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context))
        rest, stream = (server.sockets[0].getsockname()[1]
                        for server in (self.servers[0], self.servers[-1]))
        scheme = "wss" if self.case.tls else "ws"
        return [f"binance.rest_url=http://127.0.0.1:{rest}",
                f"binance.ws_url={scheme}://{self.case.host}:{stream}"]

    async def serve(self, reader, writer):
        while True:
            text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip()
                       for line in text.split("\r\n")[1:] if ":" in line}
            client = Client(reader, writer, headers)
            if "upgrade" in headers:
                return await self.session(client)
            if "Trades" in text.split(" ")[1]:  # that are asked for where some are missing
                await client.send(answer(b"[]"))
                continue
            self.asked.append(asyncio.get_running_loop().time())
            if self.case.listing is not None and len(self.asked) == 1:
                return await perform(self.case.listing, client)
            await client.send(answer(LISTING))

    async def session(self, client):
        self.sessions += 1
        is_first = self.sessions == 1
        if is_first:
            self.first = client
        if is_first and self.case.upgrade is not None:
            await perform(self.case.upgrade, client)
            return await client.ends() if self.case.stays else None
        await client.send(client.upgrade())
        if not await client.read():
            return None
        await client.send(frame(TEXT, self.case.subscribed))
        if is_first and self.case.session is not None:
            await perform(self.case.session, client)
            if not self.case.stays:
                return None
        else:
            await client.send(frame(TEXT, trade(LAST)))
        await client.ends()
        return None

    async def stop(self):
        for server in self.servers:
            server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def losses(text):
    """(reason, pause in ms, sentence) of each lost connection and failed call that was said."""
    return [(match[1] or match[0], int(match[2]), match[3]) for match in re.findall(
        r'event=(disconnected|listing_failed)\b[^\n]*?(?:reason=(\S+) )?'
        r'retry_ms=(\d+) problem=("(?:[^"\\]|\\.)*"|\S+)', text)]
