"""Databases that sinks are tried with. What they have stored is written as the line of JSON that
the program writes of an event, from nothing but the columns of the tables."""
import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from servers import DEADLINE, Server, free_port

# Of the channels that the suite collects: the fields of an event as they stand in a line. Kinds:
# s text, d decimal, i number, b flag, l levels.
FIELDS = {
    "trade": "trade_id:s price:d quantity:d side:s",
    "quote": "bid_price:d bid_quantity:d ask_price:d ask_quantity:d sequence:i",
    "book": "is_snapshot:b depth:i first_sequence:i last_sequence:i previous_sequence:i "
            "checksum:i known_bid:d known_ask:d bids:l asks:l",
    "instrument": "kind:s base:s quote:s settle:s tick_size:d lot_size:d contract_size:d expiry:i "
                  "strike:d option_type:s status:s",
    "status": "condition:s channel:s reason:s from_sequence:i to_sequence:i missing:i since:i",
}


def decimal_text(mantissa, exponent):
    """As the program writes it: with all digits that were sent."""
    digits = str(abs(mantissa)).rjust(1 - min(exponent, 0), "0") + "0" * max(exponent, 0)
    if exponent < 0:
        digits = f"{digits[:exponent]}.{digits[exponent:]}"
    return ("-" if mantissa < 0 else "") + digits


def line_of(channel, row):
    """`row` has texts for decimals and pairs of such for levels."""
    event = {"type": channel, "venue": row["venue"], "symbol": row["symbol"] or "",
             "instrument": row["instrument"] or None, "ts_event": row["ts_event"],
             "ts_recv": row["ts_recv"], "seq": row["seq"]}
    for field in FIELDS[channel].split():
        name, kind = field.split(":")
        value = row[name]
        event[name] = bool(value) if kind == "b" and value is not None else value
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def join_decimals(channel, row):
    """Puts mantissas and exponents together."""
    for field in FIELDS[channel].split():
        name, kind = field.split(":")
        if kind == "d":
            mantissa = row.get(name + "_mantissa")
            row[name] = (None if mantissa is None
                         else decimal_text(mantissa, row[name + "_exponent"]))
    return row


def is_poison(event, _):
    """A trade in four hundred, the first of them soon."""
    return event["type"] == "trade" and event["seq"] % 400 == 17


class Database(Server):
    in_order = False  # rows have none but what a query asks for

    def fetch(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise ValueError(error.read().decode()[:500]) from None

    def rows(self):
        return [line for channel in FIELDS for line in self.lines(channel)]


class ClickHouse(Database):
    """Debian's 18.16, which has no DateTime64."""

    program = "clickhouse-server"
    has_poison = False
    password = more = ""
    time_type = "Int64"
    trade = ("venue String, instrument String, identity UUID, ts_recv {time}, ts_event "
             "Nullable({time}), seq UInt64, symbol String, trade_id Nullable(String), price "
             "Float64, price_mantissa Int64, price_exponent Int8, quantity Float64, "
             "quantity_mantissa Int64, quantity_exponent Int8, side Nullable(String)")

    def arguments(self):
        (self.folder / "config.xml").write_text(f"""<yandex>
<logger><level>warning</level><log>{self.folder}/log</log></logger>
<listen_host>127.0.0.1</listen_host><http_port>{self.port}</http_port>
<tcp_port>{free_port()}</tcp_port>
<path>{self.folder}/data/</path><tmp_path>{self.folder}/tmp/</tmp_path>
<mark_cache_size>16777216</mark_cache_size><users_config>users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
{self.more}</yandex>""")
        (self.folder / "users.xml").write_text(f"""<yandex><profiles><default/></profiles>
<users><default><password>{self.password}</password><networks><ip>127.0.0.1</ip></networks>
<profile>default</profile><quota>default</quota></default></users>
<quotas><default/></quotas></yandex>""")
        return ["--config-file=config.xml"]

    def ask(self, statement):
        return self.fetch(f"/?password={self.password}", statement.encode())

    def answers(self):
        return self.ask("SELECT 1").strip() == "1"

    def section(self, port):
        return f'url = "http://127.0.0.1:{port}"\n'

    def prepare(self):
        if not self.has_poison:
            return
        self.ask("CREATE DATABASE marketprism")
        columns = self.trade.format(time=self.time_type)
        self.ask(f"CREATE TABLE marketprism.trade ({columns}, refused UInt8 MATERIALIZED throwIf("
                 "seq % 400 = 17)) ENGINE = ReplacingMergeTree ORDER BY (venue, symbol, ts_recv, "
                 "seq)")

    def poison(self):
        self.has_poison = True
        return is_poison

    def lines(self, channel):
        if self.ask(f"EXISTS TABLE marketprism.{channel}").strip() == "0":
            return []
        times = [name for name in ("ts_event", "ts_recv", "expiry", "since")
                 if name in ("ts_event", "ts_recv") or f"{name}:" in FIELDS[channel]]
        whole = "" if self.time_type == "Int64" else "".join(
            f", toUnixTimestamp64Nano({name}) AS {name}_ns" for name in times)
        statement = f"SELECT *{whole} FROM marketprism.{channel} FINAL FORMAT JSON"
        said = self.fetch(f"/?output_format_json_quote_64bit_integers=0&password={self.password}",
                          statement.encode())
        for row in json.loads(said)["data"]:
            for name in times if whole else ():
                row[name] = row[name + "_ns"]
            for side in ("bids", "asks") if channel == "book" else ():
                parts = [row[f"{side}.{part}"] for part in
                         ("price_mantissa", "price_exponent", "quantity_mantissa",
                          "quantity_exponent")]
                row[side] = [[decimal_text(*each[:2]), decimal_text(*each[2:])]
                             for each in zip(*parts)]
            yield line_of(channel, join_decimals(channel, row))


class CurrentClickHouse(ClickHouse):
    """The engine of today. MP_CHDB: a Python that has chdb."""

    program = os.environ.get("MP_CHDB", "")
    needs = "MP_CHDB"
    time_type = "DateTime64(9, 'UTC')"

    def arguments(self):
        return [Path(__file__).with_name("chdb_server.py"), self.port, self.folder]


class Postgres(Database):
    """Debian's, which does not run as root."""

    login, query = "tester", ""
    folder_of_programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]

    def __init__(self, folder):
        super().__init__(folder)
        self.program = str(self.folder_of_programs[0] / "postgres")
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.has_poison = False

    def arguments(self):
        data = self.folder / "data"
        if not data.exists():
            data.mkdir()
            for each in (self.folder.parent, self.folder):
                each.chmod(0o755)
            shutil.chown(data, self.user)
            self.make(data)
        return ["-D", data, "-p", self.port, "-h", "127.0.0.1", "-k", "", "-c", "fsync=off"]

    def make(self, data):
        self.run(str(self.folder_of_programs[0] / "initdb"), "-D", data, "-A", "trust", "-U",
                 "tester", "--no-sync")

    def command(self, program, arguments):
        words = [program, *map(str, arguments)]
        if os.geteuid() != 0:
            return words
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *words]

    def run(self, program, *arguments, text=None):
        home = dict(os.environ, HOME=str(self.folder))  # no files of who runs the tests
        done = subprocess.run(self.command(program, arguments), input=text, text=True, cwd="/",
                              env=home, capture_output=True, timeout=DEADLINE, check=False)
        if done.returncode != 0:
            raise ValueError(done.stderr[-500:])
        return done.stdout

    def signal(self, which):
        """To its children too: they outlive it, and go on when it is stopped."""
        pid = self.process.pid
        if which == signal.SIGTERM:
            return os.kill(pid, signal.SIGINT)  # it waits for nobody
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, which)
        return None

    def ask(self, sql, database="marketprism"):
        url = f"postgresql://{self.login}@127.0.0.1:{self.port}/{database}{self.query}"
        return self.run("psql", url, "-qAtX", "-v", "ON_ERROR_STOP=1", text=sql)

    def answers(self):
        return self.ask("SELECT 1", "postgres").strip() == "1"

    def prepare(self):
        self.ask("CREATE DATABASE marketprism", "postgres")
        if self.has_poison:
            self.ask("CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN "
                     "IF to_regclass('public.trade') IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "
                     "pg_constraint WHERE conname = 'refused') THEN ALTER TABLE public.trade ADD "
                     "CONSTRAINT refused CHECK (seq % 400 <> 17); END IF; END $$; "
                     "CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE TABLE') "
                     "EXECUTE FUNCTION refuse();")

    def poison(self):
        self.has_poison = True
        return is_poison

    def section(self, port):
        return f'url = "postgresql://tester@127.0.0.1:{port}/marketprism"\n'

    def lines(self, channel):
        if not self.ask(f"SELECT to_regclass('public.{channel}')").strip():
            return []
        levels = "".join(
            f", ARRAY(SELECT ARRAY[p::text, q::text] FROM unnest({side}_price, {side}_quantity) "
            f"WITH ORDINALITY AS of(p, q, n) ORDER BY n) AS {side}"
            for side in ("bids", "asks")) if channel == "book" else ""
        columns = "".join(
            f", {name}_ns AS {name}" if name in ("expiry", "since") else
            f", {name}{'::text' if kind == 'd' else ''}"
            for name, kind in (field.split(":") for field in FIELDS[channel].split())
            if kind != "l")
        said = self.ask(
            "SELECT row_to_json(r) FROM (SELECT venue, symbol, instrument, ts_event_ns AS "
            f"ts_event, ts_recv_ns AS ts_recv, seq{columns}{levels} FROM {channel}) r")
        return [line_of(channel, json.loads(line)) for line in said.splitlines()]


class Influx(Database):
    """Version 1. MP_INFLUXD: the program."""

    program = os.environ.get("MP_INFLUXD", "")
    needs = "MP_INFLUXD"
    has_poison = False

    def arguments(self):
        (self.folder / "influx.conf").write_text(f"""reporting-disabled = true
bind-address = "127.0.0.1:{free_port()}"
[meta]
dir = "{self.folder}/meta"
[data]
dir = "{self.folder}/data"
wal-dir = "{self.folder}/wal"
[http]
bind-address = "127.0.0.1:{self.port}"
flux-enabled = false
""")
        return ["-config", "influx.conf"]

    def ask(self, statement, database="marketprism"):
        said = self.fetch("/query?epoch=ns&" + urllib.parse.urlencode(
            {"db": database, "q": statement}), b"")
        return json.loads(said)["results"][0].get("series", [])

    def answers(self):
        return self.ask("SHOW DATABASES") is not None

    def prepare(self):
        if self.has_poison:
            self.ask("CREATE DATABASE marketprism")
            # Of the week that events come in, of which it remembers types.
            self.fetch("/write?db=marketprism", b"status,venue=none seq=\"a text\"")

    def poison(self):
        self.has_poison = True
        return lambda event, _: event["type"] == "status"

    def section(self, port):
        return f'url = "http://127.0.0.1:{port}"\n'

    def lines(self, channel):
        where = "" if channel != "status" else " WHERE venue <> 'none'"
        for series in self.ask(f"SELECT * FROM {channel}{where}"):
            for values in series["values"]:
                row = dict.fromkeys(FIELDS[channel].replace(":", " ").split())
                row |= dict.fromkeys(("symbol", "instrument", "ts_event"))
                row |= dict(zip(series["columns"], values))
                row["ts_recv"] = row["time"]
                for side in ("bids", "asks") if channel == "book" else ():
                    row[side] = json.loads(row[side])
                yield line_of(channel, join_decimals(channel, row))


class QuestDb(Database):
    """MP_QUESTDB: its class path."""

    program = "java"
    needs = "MP_QUESTDB"
    has_poison = False

    def arguments(self):
        (self.folder / "conf").mkdir(exist_ok=True)
        (self.folder / "conf" / "server.conf").write_text(
            f"http.bind.to=127.0.0.1:{self.port}\nhttp.min.enabled=false\npg.enabled=false\n"
            "line.tcp.enabled=false\ntelemetry.enabled=false\nshared.worker.count=1\n")
        return ["-Xmx256m", "-cp", os.environ["MP_QUESTDB"], "io.questdb.ServerMain", "-d",
                self.folder, "-n"]

    def ask(self, sql):
        return json.loads(self.fetch("/exec?" + urllib.parse.urlencode({"query": sql})))

    def answers(self):
        return "dataset" in self.ask("SELECT 1")

    def prepare(self):
        if self.has_poison:
            self.ask("CREATE TABLE status (ts_recv TIMESTAMP_NS, seq BOOLEAN) TIMESTAMP(ts_recv) "
                     "PARTITION BY DAY WAL")

    def poison(self):
        self.has_poison = True
        return lambda event, _: event["type"] == "status"

    def section(self, port):
        return f'url = "http://127.0.0.1:{port}"\n'

    def lines(self, channel):
        if not self.ask(f"SELECT 1 FROM tables() WHERE table_name = '{channel}'")["count"]:
            return
        if self.has_poison and channel == "status":
            return
        self.ask(f"SELECT wait_wal_table('{channel}')")
        said = self.ask(f"SELECT *, ts_recv::long AS nanoseconds FROM {channel}")
        names = [column["name"] for column in said["columns"]]
        for values in said["dataset"]:
            row = dict(zip(names, values))
            row["ts_recv"] = row["nanoseconds"]
            for side in ("bids", "asks") if channel == "book" else ():
                row[side] = json.loads(row[side])
            yield line_of(channel, join_decimals(channel, row))
