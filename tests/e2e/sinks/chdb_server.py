#!/usr/bin/env python3
"""A current ClickHouse over HTTP, as far as a sink needs it: the engine is Python's chdb.

chdb_server.py PORT FOLDER
"""
import re
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from chdb import session

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
ENGINE = session.Session(str(FOLDER / "data"))
INSERT = re.compile(r"INSERT INTO (\S+) \((.*)\) FORMAT RowBinary$")


def insert(table, columns, body):
    """The engine reads the rows from a file; what they are, the table says."""
    described = ENGINE.query(f"DESCRIBE TABLE {table} FORMAT TabSeparatedRaw").bytes().decode()
    types = {line.split("\t")[0]: line.split("\t")[1] for line in described.splitlines()}
    names = [name.strip("`") for name in columns.split(", ")]
    structure = ", ".join(f"`{name}` {types[name]}" for name in names).replace("'", "\\'")
    file = FOLDER / "rows"
    file.write_bytes(body)
    return ENGINE.query(f"INSERT INTO {table} ({columns}) SELECT * FROM "
                        f"file('{file}', 'RowBinary', '{structure}')")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        parameters = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(self.path).query))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            if found := INSERT.match(parameters.get("query", "")):
                said = insert(*found.groups(), body)
            else:
                said = ENGINE.query(parameters.get("query", "") + body.decode(), "TabSeparated")
            self.answer(200, said.bytes() or b"")
        except Exception as error:  # noqa: BLE001  (whatever the engine says)
            found = re.search(r"Code: \d+.*", str(error), re.DOTALL)
            self.answer(500, (found.group() if found else str(error)).encode())

    do_GET = do_POST

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
