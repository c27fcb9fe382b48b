"""Sessions of raw messages as `decode` reads them, and a tally of what is compared with others."""
import json
import math
import re
import subprocess
import tempfile
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import pairs_tables as tables

DEADLINE = 180


class Tally:
    def __init__(self, venue, source):
        self.venue, self.source = venue, source
        self.messages = self.agreed = 0
        self.different, self.left, self.unread = Counter(), Counter(), Counter()
        self.wrong = []

    def compare(self, what, theirs, ours, raw=""):
        if same(theirs, ours):
            self.agreed += 1
        elif reason := reason_of(tables.NOT_COMPARED, self.venue, what):
            self.left[reason] += 1
            if reason in tables.BOTH_IN_RAW and not (str(theirs) in raw and str(ours) in raw):
                self.wrong.append(f"{self.venue} {what}: {theirs} or {ours} is not in {raw}")
        elif reason := reason_of(tables.DIFFERENCES, self.venue, what):
            self.different[reason] += 1
        else:
            self.wrong.append(f"{self.venue} {what}: theirs {theirs!r}, ours {ours!r}  {raw}")

    def read(self, why, raw):
        """Whether a message was read; counts those that were not by their reason."""
        self.messages += 1
        if why == "":
            self.wrong.append(f"{self.venue} does not read {raw}")
        elif why is not None:
            self.unread[why] += 1
        return why is None

    def compared(self):
        return self.agreed + sum(self.different.values()) + len(self.wrong)

    def __str__(self):
        parts = [f"{self.messages} messages", f"{self.messages - sum(self.unread.values())} read"]
        parts += [f"{self.agreed} of {self.compared()} fields agree"] if self.compared() else []
        for title, counter in (("different", self.different), ("not compared", self.left),
                               ("messages not read", self.unread)):
            parts += [f"{title}: " + "; ".join(f"{count} {reason}" for reason, count
                                               in counter.most_common())] if counter else []
        return f"{self.venue}, {self.source}: " + ", ".join(parts)


def reason_of(rows, venue, what, search=re.fullmatch):
    """Of the first row (venue, pattern, reason) that matches."""
    return next((reason for whose, pattern, reason in rows
                 if re.fullmatch(whose, venue) and search(pattern, what)), None)


def same(theirs, ours):
    """Numbers as numbers, words in any case, levels one by one in their order."""
    if isinstance(theirs, list) or isinstance(ours, list):
        return len(theirs or ()) == len(ours or ()) and all(map(same, theirs, ours))
    if theirs is None or ours is None or isinstance(theirs, bool) or isinstance(ours, bool):
        return theirs is ours
    try:
        return float(theirs) == float(ours)
    except ValueError:
        return str(theirs).casefold() == str(ours).casefold()


def nanoseconds(time):
    """Of RFC 3339, with up to six digits behind the second."""
    start = datetime.fromtimestamp(0, timezone.utc)
    at = datetime.fromisoformat(time.replace("Z", "+00:00")) - start
    return ((at.days * 86400 + at.seconds) * 10**6 + at.microseconds) * 1000


def one_line(raw):
    return re.sub(r"\s*[\r\n]\s*", "", raw)


def pair_of(instrument):
    """Base and quote of BTC-USDT-PERP, spelled BTC/USDT."""
    return "/".join(instrument.split("-")[:2])


def acknowledgement(number, topic):
    return json.dumps({"event": "subscribed", "chanId": number, **topic}, separators=(",", ":"))


def numbered(raw):
    """A message of Bitfinex, and before it the acknowledgement that names its number."""
    first = json.loads(raw)[0] if raw.startswith("[") else None
    if isinstance(first, dict):  # a crawler has put the topic where the number was
        compact = json.dumps([1, *json.loads(raw)[1:]], separators=(",", ":"))
        return [acknowledgement(1, first), compact]
    topics = [topic for start, topic in tables.ACKNOWLEDGED if raw.startswith(start)]
    return [acknowledgement(first, topics[0]), raw] if topics else [raw]


class Session:
    """Frames of one session: the events of each, and what was not read."""

    def __init__(self, program, venue, raws):
        self.venue = venue
        sent = [numbered(raw) if venue == "bitfinex" else [raw] for raw in raws]
        with tempfile.TemporaryDirectory(prefix="mp-e2e-") as folder:
            refused = Path(folder) / "refused"
            result = subprocess.run(
                [program, "decode", "--venue", venue, "--frame-numbers", "--quarantine", refused],
                input="".join(frame + "\n" for frames in sent for frame in frames), text=True,
                capture_output=True, timeout=DEADLINE, check=False)
            lines = refused.read_text().splitlines() if refused.exists() else []
        self.tally = json.loads(result.stderr.splitlines()[-1])
        by_frame = {}
        for event in map(json.loads, result.stdout.splitlines()):
            by_frame.setdefault(event["frame"], []).append(event)
        self.events, at = [], 0
        for frames in sent:
            at += len(frames)
            self.events.append(by_frame.get(at, []))
        self.refused = {json.loads(line)["data"] for line in lines if '"recv"' in line}
        self.sent = [frames[-1] for frames in sent]

    def data(self, index):
        return [event for event in self.events[index] if event["type"] != "status"]

    def why_unread(self, index, no_events=False):
        """None for what was read; else the reason, which is empty where there is none."""
        if self.sent[index] not in self.refused and not no_events:
            return None
        compact = re.sub(r"([:,{\[])\s+", r"\1", self.sent[index])
        return reason_of(tables.UNREAD, self.venue, compact, re.search) or ""


def answer(program, venue, url, raw):
    """Events of a REST answer."""
    with tempfile.TemporaryDirectory(prefix="mp-e2e-") as folder:
        path = Path(folder) / "answer.ndjson"
        path.write_text('{"t":"header","exchange":"ANY"}\n' + json.dumps(
            {"t": "http", "conn": "h", "ts": 1, "url": url, "data": raw}) + "\n")
        result = subprocess.run([program, "replay", path, "--venue", venue], text=True,
                                capture_output=True, timeout=DEADLINE, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def decoded(program, venue, path):
    """The counts of a recording."""
    result = subprocess.run([program, "decode", "--venue", venue, path], stderr=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, text=True, timeout=DEADLINE, check=True)
    return {key: value for key, value in json.loads(result.stderr.splitlines()[-1]).items()
            if isinstance(value, int)}


def text_of(path):
    if path.suffix != ".zst":
        return path.read_text()
    return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout.decode()


def first_match(rows, what):
    return next(venue for pattern, venue in rows if re.search(pattern, what))


def with_changes(snapshot, changes):
    """They add to a snapshot the changes that came before it and have later numbers."""
    later = [change for change in changes if change["symbol"] == snapshot["symbol"] and
             not change["is_snapshot"] and change["last_sequence"] and
             change["last_sequence"] > (snapshot["last_sequence"] or math.inf)]
    if not later:
        return snapshot
    whole = dict(snapshot)
    for side in ("bids", "asks"):
        levels = {float(price): float(quantity) for event in (snapshot, *later)
                  for price, quantity in event[side]}
        whole[side] = sorted(map(list, levels.items()))
    return whole
