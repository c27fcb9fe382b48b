"""More servers: MQTT, Kafka, and what stands in for one where there is none."""
import json
import os
import socket
import subprocess
import threading
from pathlib import Path

from servers import DEADLINE, Server, free_port, until

PEERS = Path()  # where the programs of peers/ are


class Mosquitto(Server):
    """What it acknowledges has gone to a subscriber, who is there before the collector is."""

    program = "mosquitto"
    limit = ""

    def __init__(self, folder):
        super().__init__(folder)
        self.folder.chmod(0o777)
        self.reader, self.sessions = None, 0

    def arguments(self):
        (self.folder / "c").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\n{self.limit}"
            "max_queued_messages 0\nmax_inflight_messages 0\n"
            "user root\n")
        return ["-c", self.folder / "c"]

    def answers(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x05\x00\x00\x03ask")
            answer = client.recv(64)
            return answer[:1] == b"\x20" and answer[3] == 0

    def start(self):
        super().start()
        if self.reader is None:
            with open(self.folder / "rows", "ab") as rows:
                self.reader = subprocess.Popen(
                    ["stdbuf", "-oL", "mosquitto_sub", "-V", "mqttv5", "-p", str(self.port), "-t",
                     "marketprism/#", "-q", "0", "-i", "reader", "-d", "-F",
                     "row %p"], stdout=rows, stderr=rows)
        self.sessions += 1
        until(lambda: self.lines().count("Client reader received SUBACK") == self.sessions,
              "the subscriber")
        return self

    def section(self, port):
        return f'host = "127.0.0.1"\nport = {port}\n'

    def lines(self):
        return (self.folder / "rows").read_text().splitlines()

    def rows(self):
        """All that the subscriber has, and will have: it has answered a last message."""
        subprocess.run(["mosquitto_pub", "-V", "mqttv5", "-p", str(self.port), "-q", "1", "-t",
                        "marketprism/end", "-m", "the end"], check=True, timeout=DEADLINE)
        lines = until(lambda: (lines := self.lines()) and "row the end" in lines and lines,
                      "the last message")
        return [line[4:] for line in lines if line.startswith("row {")]

    def poison(self):
        self.limit = "max_packet_size 4000\n"
        return lambda event, line: len(line) > 3900

    def clean(self):
        super().clean()
        if self.reader is not None:
            self.reader.kill()
            self.reader.wait(timeout=DEADLINE)


class KafkaMock(Server):
    """librdkafka's own broker, in memory: what it has is gone with it. It does not know again what
    an idempotent producer repeats, so that more is stored twice than by a real one."""

    def __init__(self, folder):
        super().__init__(folder)
        self.process = subprocess.Popen([PEERS / "kafka_peer", "mock"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        self.lock = threading.Lock()
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        self.more = ""
        self.is_up = False
        self.tell("down")

    def tell(self, word):
        with self.lock:
            self.process.stdin.write(word + "\n")
            self.process.stdin.flush()
            lines = []
            while (line := self.process.stdout.readline().rstrip("\n")) != word:
                assert line, f"the broker in memory ended at {word}"
                lines.append(line)
            return lines

    def start(self):
        self.tell("up")
        self.is_up = True
        return self

    @property
    def running(self):
        return self.is_up

    def stop(self):
        self.tell("down")
        self.is_up = False

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=DEADLINE)
        self.is_up = False

    def proxied(self, proxy):
        """It tells clients where it is; they must come by way of the proxy."""
        proxy.replaces = (self.port.to_bytes(4, "big"), proxy.port.to_bytes(4, "big"))

    def section(self, port):
        return f'servers = ["127.0.0.1:{port}"]\n' + self.more

    def rows(self):
        return self.tell("rows")

    def poison(self):
        self.more = 'message_bytes = "4000B"\n'
        return lambda event, line: len(line) + len(event["instrument"]) > 4000


class Kafka(Server):
    """A real one, broker and controller in one process. MP_KAFKA: its class path."""

    program = "java"
    needs = "MP_KAFKA"
    large = 1_048_588  # its default
    protocol, settings = "PLAINTEXT", ""
    more = ""  # of the section

    def __init__(self, folder):
        super().__init__(folder)
        self.inner, self.controller = free_port(), free_port()
        self.told = self.inner  # where clients of the other port are sent

    def proxied(self, proxy):
        proxy.target, self.told = self.inner, proxy.port

    def java(self, name, *words):
        return ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                os.environ["MP_KAFKA"], name, *words, "server.properties"]

    def arguments(self):
        if not (self.folder / "data").exists():
            (self.folder / "server.properties").write_text(
                f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{self.controller}
controller.listener.names=CONTROLLER
listeners=OWN://127.0.0.1:{self.port},SINK://127.0.0.1:{self.inner},\
  CONTROLLER://127.0.0.1:{self.controller}
advertised.listeners=OWN://127.0.0.1:{self.port},SINK://127.0.0.1:{self.told}
inter.broker.listener.name=OWN
listener.security.protocol.map=OWN:PLAINTEXT,SINK:{self.protocol},CONTROLLER:PLAINTEXT
log.dirs={self.folder}/data
message.max.bytes={self.large}
offsets.topic.replication.factor=1
log.cleaner.enable=false
{self.settings}""")
            subprocess.run([self.program, *self.java("kafka.tools.StorageTool", "format", "-t",
                                                     "AAAAAAAAAAAAAAAAAAAAAA", "-c")],
                           cwd=self.folder, check=True, capture_output=True, timeout=DEADLINE)
        return self.java("kafka.Kafka")

    def rows(self):
        done = subprocess.run([PEERS / "kafka_peer", "read", f"127.0.0.1:{self.port}"], text=True,
                              capture_output=True, timeout=DEADLINE, check=False)
        if done.returncode != 0:
            raise ValueError(f"not all can be read: {done.stderr[-500:]}")
        return done.stdout.splitlines()

    def answers(self):
        return self.rows() is not None

    def section(self, port):
        return f'servers = ["127.0.0.1:{port}"]\n' + self.more

    def poison(self):
        """What is too long for the broker, alone; batches of what is not may be, too."""
        self.large, self.more = 4000, 'compression = "none"\n'
        around = 112  # of a record, and the batch that it is alone in
        return lambda event, line: around + len(line) + len(
            event["instrument"] or event["symbol"]) > self.large


class Pipe(Server):
    """Who reads the standard output of a collector, and of the next one. That it does not read
    for a while is no end of the pipe."""

    program = "cat"

    def __init__(self, folder):
        super().__init__(folder)
        os.mkfifo(self.folder / "pipe")
        self.end = os.open(self.folder / "pipe", os.O_RDWR)

    def arguments(self):
        return [self.folder / "pipe"]

    def answers(self):
        return True

    def section(self, port):
        return ""

    def output(self):
        return self.end

    def rows(self):
        """Without what a kill cut off."""
        os.write(self.end, b"the end\n")
        text = until(lambda: (text := (self.folder / "log").read_text()).endswith("the end\n")
                     and text, "the last line")
        return [line for line in text.splitlines() if is_whole(line)]

    def clean(self):
        super().clean()
        os.close(self.end)


def is_whole(line):
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


class Subscriber(Server):
    """Of ZeroMQ: who listens."""

    @property
    def program(self):
        return str(PEERS / "zeromq_peer")

    def arguments(self):
        return [f"tcp://127.0.0.1:{self.port}", self.folder / "rows"]

    def answers(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10):
            return True

    def section(self, port):
        return f'endpoint = "tcp://127.0.0.1:{port}"\nbind = false\n'

    def rows(self):
        return (self.folder / "rows").read_text().splitlines()
