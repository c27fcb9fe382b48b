"""The servers that sinks are tried with: each on a free port of this machine, in a folder of its
own. To add one: a class here, and a row in sinks_test.py."""
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

DEADLINE = 60
PASSWORD = "correct-horse"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, deadline=DEADLINE):
    """Looks twenty times a second."""
    end = time.monotonic() + deadline
    while not (found := condition()):
        assert time.monotonic() < end, f"it never came: {what}"
        time.sleep(0.05)  # between two looks
    return found


class Server:
    """A process. What differs is below."""

    program = ""  # searched for in the path, and where Debian puts daemons
    needs = ""  # a variable that leads to it, where there is no package
    in_order = True  # what it has comes in the order of its arrival

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.process = None

    @classmethod
    def can_be_had(cls):
        """Whether one that Debian has no package of can be tried."""
        return cls.needs in os.environ and shutil.which(cls.program) is not None

    # ---- of each server ----

    def arguments(self):
        raise NotImplementedError

    def answers(self):
        """Whether it serves."""
        raise NotImplementedError

    def prepare(self):
        """Once, when it answers for the first time."""

    def section(self, port):
        """The keys of the sink's section that lead to it by that port."""
        raise NotImplementedError

    def proxied(self, proxy):
        """Before it starts: that is in front of it."""

    def output(self):
        """Of the collector: where its standard output goes."""
        return subprocess.DEVNULL

    def rows(self):
        """What it has stored: the payload of each event, in order, as text."""
        raise NotImplementedError

    def poison(self):
        """Before it starts: makes it refuse some events for good. Answers what tells whether an
        event (as a dictionary, and its line) is one of them."""
        raise NotImplementedError

    def command(self, program, arguments):
        return [program, *map(str, arguments)]

    # ---- of all ----

    def start(self):
        path = os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"))
        program = shutil.which(self.program, path=path)
        assert program, f"{self.program} is not installed; scripts/packages.txt names its package"
        fresh = self.process is None
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command(program, self.arguments()),
                                            cwd=self.folder, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        until(self.is_there, f"{self.program} at port {self.port}")
        if fresh:
            self.prepare()
        return self

    def is_there(self):
        assert self.process.poll() is None, (self.program,
                                             (self.folder / "log").read_text()[-500:])
        try:
            return self.answers()
        except (OSError, ValueError):
            return False

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, which):
        self.process.send_signal(which)

    def signalled(self, how):
        if self.running:
            self.signal(how)
            self.signal(signal.SIGCONT)
            self.process.wait(timeout=DEADLINE)

    def stop(self):
        self.signalled(signal.SIGTERM)

    def kill(self):
        self.signalled(signal.SIGKILL)

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def clean(self):
        self.kill()


class NatsClient:
    """As much of the protocol as a test needs."""

    def __init__(self, port, ca_file=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.early = []
        while self.socket.recv(1) != b"\n":  # INFO
            pass
        options = {"verbose": False, "headers": True, "no_responders": True}
        if ca_file:
            context = ssl.create_default_context(cafile=ca_file)
            self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1")
            options.update(user="prism", **{"pass": PASSWORD})
        self.file = self.socket.makefile("rb")
        self.send(f"CONNECT {json.dumps(options)}\r\nPING\r\n")
        self.line_of(b"PONG")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode())

    def line_of(self, word):
        while True:
            line = self.file.readline()
            if not line:
                raise OSError("the server ended the connection")
            if line.startswith(b"-ERR"):
                raise ValueError(line.decode())
            if line.startswith(word):
                return line

    def message(self):
        """Subject, headers and payload of the next one."""
        while True:
            line = self.line_of((b"MSG", b"HMSG", b"PING"))
            if line.startswith(b"PING"):
                self.send("PONG\r\n")
                continue
            words = line.split()
            head = int(words[-2]) if words[0] == b"HMSG" else 0
            data = self.file.read(int(words[-1]) + 2)[:-2]
            return words[1].decode(), data[:head].decode(), data[head:].decode()

    def ask(self, subject, body):
        text = json.dumps(body)
        self.send(f"SUB answers 9\r\nUNSUB 9 1\r\nPUB {subject} answers {len(text)}\r\n{text}\r\n")
        while (message := self.message())[0] != "answers":
            self.early.append(message)  # what was subscribed to comes before the answer, too
        return json.loads(message[2])


class Nats(Server):
    """JetStream, on disk."""

    program = "nats-server"
    stream = "MARKET"
    payload_max = 1 << 20
    more = ""  # of its configuration
    ca_file = None

    def client(self):
        return NatsClient(self.port, self.ca_file)

    def arguments(self):
        (self.folder / "nats.conf").write_text(
            f'listen: "127.0.0.1:{self.port}"\nmax_payload: {self.payload_max}\n'
            f'jetstream {{ store_dir: "{self.folder}/js" }}\n{self.more}')
        return ["-c", self.folder / "nats.conf"]

    def answers(self):
        with self.client() as client:
            return "error" not in client.ask("$JS.API.INFO", {})

    def section(self, port):
        return f'servers = ["nats://127.0.0.1:{port}"]\nstream = "{self.stream}"\n'

    def messages(self):
        with self.client() as client:
            client.send("SUB stored 1\r\n")
            made = client.ask(f"$JS.API.CONSUMER.CREATE.{self.stream}", {
                "stream_name": self.stream,
                "config": {"deliver_subject": "stored", "deliver_policy": "all",
                           "ack_policy": "none"}})
            if made.get("error", {}).get("code") == 404:
                return []
            missing = made["num_pending"] - len(client.early)
            return client.early + [client.message() for _ in range(missing)]

    def rows(self):
        return [line for _, _, payload in self.messages() for line in payload.splitlines()]

    def poison(self):
        self.payload_max = 4096
        return lambda event, line: len(line) > self.payload_max


class CurrentNats(Nats):
    """The server of today. MP_NATS: the program."""

    program = os.environ.get("MP_NATS", "")
    needs = "MP_NATS"


class NatsCore(Nats):
    """No stream: a client that listens, and is there before the collector is."""

    def __init__(self, folder):
        super().__init__(folder)
        self.heard = []

    def section(self, port):
        return f'servers = ["nats://127.0.0.1:{port}"]\n'

    def start(self):
        super().start()
        client = self.client()
        client.send("SUB > 1\r\nPING\r\n")
        client.line_of(b"PONG")
        threading.Thread(target=self.listen, args=(client,), daemon=True).start()
        return self

    def listen(self, client):
        with client:
            try:
                while True:
                    self.heard.append(client.message())
            except OSError:
                pass

    def rows(self):
        """All up to a message that is sent now."""
        with self.client() as client:
            client.send("PUB the.end 0\r\n\r\nPING\r\n")
            client.line_of(b"PONG")
        until(lambda: self.heard and self.heard[-1][0] == "the.end", "the last message")
        return [payload for subject, _, payload in self.heard if payload.startswith('{"type"')]


class Redis(Server):
    """Streams, each write on disk before it is answered."""

    program = "redis-server"
    poisoned = None  # a key that is no stream
    has_password = False

    def arguments(self):
        return ["--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder,
                "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                *(("--requirepass", PASSWORD) if self.has_password else ())]

    def ask(self, *words):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            with client.makefile("rb") as file:
                for question in (("AUTH", PASSWORD),) * self.has_password + (words,):
                    parts = [str(word).encode() for word in question]
                    client.sendall(b"*%d\r\n" % len(parts) + b"".join(
                        b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
                    answer = self.answer(file)
                return answer

    def answer(self, file):
        line = file.readline()
        kind, text = line[:1], line[1:-2].decode()
        if kind == b"*":
            return [self.answer(file) for _ in range(int(text))]
        if kind == b"$":
            return None if text == "-1" else file.read(int(text) + 2)[:-2].decode()
        if kind not in (b"+", b":"):
            raise ValueError(text)
        return text

    def answers(self):
        return self.ask("PING") == "PONG"

    def prepare(self):
        if self.poisoned:
            self.ask("SET", self.poisoned, "no stream")

    def section(self, port):
        return f'host = "127.0.0.1"\nport = {port}\n'

    def rows(self):
        keys = [key for key in self.ask("KEYS", "*:*:*:*") if key != self.poisoned]
        return [dict(zip(fields[::2], fields[1::2]))["event"] for key in keys
                for _, fields in self.ask("XRANGE", key, "-", "+")]

    def poison(self):
        self.poisoned = "trade:okx:spot:BTC-USDT"
        return lambda event, line: (event["type"], event["venue"]) == ("trade", "okx")
