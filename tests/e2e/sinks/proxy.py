"""A TCP proxy between a collector and a server: cuts, delays, refuses."""
import random
import selectors
import socket
import struct
import threading
import time

IDLE = 5.0  # seconds without a cut, while some are left


class Proxy:
    """Listens on a port of its own from the start. Its attributes may change at any time."""

    def __init__(self, target):
        self.target = target  # the server's port
        self.refuses = False  # new connections end at once
        self.answer_delay = 0.0  # seconds, for each piece of what the server says
        self.cuts_left = 0  # so many connections of those to come are cut, each after some bytes
        self.cut_bytes = (1, 20_000)  # of both directions together: from, to
        self.cuts, self.cut_at = 0, 0.0
        self.replaces = None  # bytes, and what the collector gets in their place
        self.chance = random.Random(0)
        self.stopped = threading.Event()
        self.connections = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            if self.refuses:
                return
            with socket.create_connection(("127.0.0.1", self.target), timeout=5) as server:
                server.settimeout(None)
                pair = (client, server)
                for end in pair:  # pieces do not wait for each other
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections.add(pair)
                try:
                    self.pump(client, server)
                finally:
                    self.connections.discard(pair)
        except OSError:
            pass
        finally:
            client.close()

    def pump(self, client, server):
        left = self.chance.randint(*self.cut_bytes) if self.cuts_left > 0 else None
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while not self.stopped.is_set():
                for key, _ in ready.select(0.2):
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    if key.fileobj is server and self.answer_delay:
                        self.stopped.wait(self.answer_delay)
                    if self.replaces and key.fileobj is server:
                        data = data.replace(*self.replaces)
                    if left is not None and left <= len(data) and self.cuts_left > 0:
                        key.data.sendall(data[:max(left, 0)])
                        self.reset(client)
                        self.reset(server)
                        self.cuts_left -= 1
                        self.cuts, self.cut_at = self.cuts + 1, time.monotonic()
                        return
                    key.data.sendall(data)
                    left = None if left is None else left - len(data)

    @staticmethod
    def reset(end):
        """The other side is told that the connection is gone, not that it ended."""
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()

    def has_cut(self, wanted):
        """So many. What stands idle on its way to a cut is ended, and others come."""
        if self.cuts < wanted and time.monotonic() - self.cut_at > IDLE:
            self.cut_at = time.monotonic()
            self.cut()
        return self.cuts >= wanted

    def cut(self):
        """All connections that there are."""
        for client, server in list(self.connections):
            for end in (client, server):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def stop(self):
        self.stopped.set()
        self.listener.close()
        self.cut()
