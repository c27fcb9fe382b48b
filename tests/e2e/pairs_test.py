#!/usr/bin/env python3
"""What other projects make of raw messages, field by field against what `decode` makes of them.

Usage: pairs_test.py PROGRAM FOLDER_OF_RECORDINGS [unittest arguments]

Each field of theirs is compared, or has its reason (pairs_tables.py); what has neither fails. Each
source prints a line for each venue. Fixtures and recordings must be read to the last frame.
"""
import json
import math
import os
import re
import sys
import unittest
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
import pairs_tables as tables  # noqa: E402  (found beside this file)
from pairs_compare import (Session, Tally, answer, decoded, first_match, nanoseconds,  # noqa: E402
                           one_line, pair_of, reason_of, same, text_of, with_changes)

PROGRAM = ""
FOLDER = Path()
AGREED_MIN = 0.98

NEITHER = "neither has a value"
NAMES = "names of their types, tests and exchanges"
CLOCK = "their clock"
PAIR = "the pair: the symbol does not spell it, the catalogue has it"
AMOUNTS = "quantities of the best prices: ours are events of the quote channel"
WIDE_AMOUNTS = "sums of the 25 best levels, which they take for the best level's"
SIZE = "quantities of another unit: contracts times their size, which is the catalogue's"
WORTH = "price times quantity, which they add"
NO_SYMBOL = "the answer does not name its symbol; the call does"
ALL_SYMBOLS = "an answer for all symbols"


class Compared(unittest.TestCase):
    """With the data beside the checkout."""

    maxDiff = None

    def setUp(self):
        if not FOLDER.exists():
            self.skipTest("the recordings are not beside the checkout")
        self.problems = []

    def lines(self, name):
        return [json.loads(line) for line in (FOLDER / name).read_text().splitlines()]

    def finish(self, tallies, compared_min=0):
        if sum(tally.compared() for tally in tallies) < compared_min:
            self.problems.append(f"fewer than {compared_min} fields were compared")
        for tally in tallies:
            print(tally, file=sys.stderr)
            self.problems += tally.wrong
            if tally.agreed < AGREED_MIN * (tally.agreed + len(tally.wrong)):
                self.problems.append(f"{tally.venue}: less than {AGREED_MIN:.0%} agree")
        self.assertEqual(self.problems, [])


class TardisNode(Compared):
    """Messages of one of their mappers are a session."""

    def test_agrees(self):
        sessions, tallies = {}, {}
        for pair in self.lines("pairs/tardis_node.ndjson"):
            if pair["exchange"] not in tables.NOT_OURS:
                key = (tables.TARDIS_VENUES[pair["exchange"]], pair["mapper_instance"])
                sessions.setdefault(key, []).append(pair)
        for (venue, _), pairs in sessions.items():
            tally = tallies.setdefault(venue, Tally(venue, "tardis-node"))
            session = Session(PROGRAM, venue, [json.dumps(pair["raw"], separators=(",", ":"))
                                               for pair in pairs])
            state, changes = {}, []
            for index, pair in enumerate(pairs):
                ours = session.data(index)
                if tally.read(session.why_unread(index), session.sent[index]):
                    self.message(tally, pair["expected"], ours, state, changes)
                for event in ours:
                    for field, value in event.items():
                        if value is not None:
                            state[event["symbol"], f"{event['type']}.{field}"] = value
                changes += [event for event in ours if event["type"] == "book"]
        self.finish(tallies.values(), 300)

    def message(self, tally, theirs, ours, state, changes):
        used = Counter()
        for fact in theirs:
            fields = tables.TARDIS_FIELDS[fact["type"]].values()
            kinds = {place.split(".")[0] for places in fields for place in places}
            events = [event for event in ours if same(fact["symbol"], event["symbol"]) or
                      same(fact["symbol"], event["symbol"].removeprefix("t"))]
            events = [event for event in events if event["type"] in kinds] or events
            if fact["type"] in ("trade", "book_change", "liquidation"):  # one for one
                events = events[used[fact["symbol"], fact["type"]]:][:1]
            used[fact["symbol"], fact["type"]] += 1
            if not events:
                tally.wrong.append(f"{tally.venue}: we have no event for {fact}")
                continue
            self.fact(tally, fact, events, [e for e in ours if e["symbol"] == events[0]["symbol"]],
                      state, changes)
        for kind, theirs_named in (("trade", "trade"), ("book", "book_change"),
                                   ("liquidation", "liquidation")):
            count = sum(event["type"] == kind for event in ours)
            if theirs and count != sum(n for (_, name), n in used.items() if name == theirs_named):
                tally.wrong.append(f"{tally.venue}: {count} of {kind}, theirs are {theirs}")
        if not theirs and ours:
            tally.left["messages of which they make nothing, or something with a later one"] += 1

    def fact(self, tally, fact, events, ours, state, changes):
        first, kind = events[0], fact["type"]
        whole = first
        if kind == "book_change" and fact["isSnapshot"]:
            whole = with_changes(first, changes)
        for field, theirs in fact.items():
            what = f"{kind} {field}"
            if field in ("type", "exchange", "localTimestamp"):
                tally.left[CLOCK if field == "localTimestamp" else NAMES] += 1
            elif field == "symbol":
                tally.compare(what, theirs, first["symbol"].removeprefix("t")
                              if tally.venue == "bitfinex" else first["symbol"])
            elif field == "timestamp":
                if first["ts_event"] is None and theirs == fact["localTimestamp"]:
                    tally.left[CLOCK] += 1
                else:
                    tally.compare(what, nanoseconds(theirs), first["ts_event"])
            elif field in tables.TARDIS_CATALOGUE:
                self.catalogue(tally, field, theirs, first)
            else:
                if field == "fundingTimestamp" and theirs:
                    theirs = nanoseconds(theirs)
                if kind == "book_change" and field != "isSnapshot":
                    theirs = [[level["price"], level["amount"]] for level in theirs]
                    theirs = sorted(theirs) if whole is not first else theirs
                self.field(tally, field, theirs, [whole, *ours] if whole is first else [whole],
                           (kind, state))

    def field(self, tally, field, theirs, events, about):
        kind, state = about
        what = f"{kind} {field}"
        places = tables.TARDIS_FIELDS[kind][field]
        mine = [event[place.split(".")[1]] for place in places for event in events
                if event["type"] == place.split(".")[0]]
        mine = [value for value in mine if value is not None]
        symbol = events[0]["symbol"]
        underlying = re.match(r"[^-]*-[^-_]*|", symbol)[0]
        if not mine and theirs is not None:  # theirs may be of an earlier message of the session
            mine = [state[name, place] for name in (symbol, underlying) for place in places
                    if (name, place) in state]
        ours = mine[0] if mine else None
        if kind == "liquidation" and field == "amount" and tally.venue == "bitget-futures":
            # Theirs is what it was worth, as the message has it; ours counts the base currency.
            ours = float(ours) * float(events[0]["price"])
            ours = theirs if math.isclose(ours, theirs, rel_tol=1e-12) else ours
        if ours is None and theirs is None:
            tally.left[NEITHER] += 1
        elif ours is None and field.endswith("Amount"):
            tally.left[WIDE_AMOUNTS if tally.venue == "bitfinex" else AMOUNTS] += 1
        else:
            tally.compare(what, theirs, ours)

    def catalogue(self, tally, field, theirs, event):
        """Facts of an option; its name says them, where the symbol spells it."""
        if event["instrument"] is None:
            tally.left["facts of the instrument: the catalogue's"] += 1
            return
        base, quote, expiry, strike, option = event["instrument"].split("-")
        ours = {"underlyingIndex": f"{base}-{quote}", "strikePrice": strike,
                "optionType": {"C": "call", "P": "put"}[option],
                "expirationDate": f"{expiry[:4]}-{expiry[4:6]}-{expiry[6:]}"}[field]
        tally.compare(field, theirs[:10] if field == "expirationDate" else theirs, ours)


class CryptoMsgParser(Compared):
    """Facts that their tests assert of one message."""

    def test_agrees(self):
        tallies = {}
        for pair in self.lines("pairs/crypto_msg_parser.ndjson"):
            if pair["exchange"] in tables.NOT_OURS:
                continue
            venue = first_match(tables.PARSER_VENUES, f"{pair['exchange']} {pair['market_type']}")
            tally = tallies.setdefault(venue, Tally(venue, "crypto-msg-parser"))
            raw = one_line(pair["raw"])
            call = reason_of(tables.REST_CALLS, venue, raw, re.search)
            session = Session(PROGRAM, venue, [raw])
            events = answer(PROGRAM, venue, call, raw) if call else session.data(0)
            why = None if events else session.why_unread(0, no_events=True)
            if tally.read(why, raw):
                for path, theirs in pair["expected"].items():
                    self.fact(tally, pair, path, theirs, events)
        self.finish(tallies.values(), 300)

    def fact(self, tally, pair, path, theirs, events):
        parts = re.fullmatch(r"(\w+?)(\[\d+\])?(?:\.(asks|bids)(\[\d+\])?)?(?:\.(\w+))?", path)
        kind, number, side, level, field = parts.groups()
        raw, first = pair["raw"], events[0]
        if path in ("check", "msg_type") or field == "msg_type":
            tally.left[NAMES] += 1
        elif "pair" in (path, field):
            if first["instrument"] is None:
                tally.left[PAIR] += 1
            else:
                tally.compare(path, theirs, pair_of(first["instrument"]))
        elif path == "extract_symbol" and theirs in ("NONE", "ALL"):
            tally.left[NO_SYMBOL if theirs == "NONE" else ALL_SYMBOLS] += 1
        elif path == "extract_symbol":
            tally.compare(path, theirs, first["symbol"])
        elif path == "extract_timestamp":
            tally.compare(path, theirs, self.time_of(events[-1], theirs), raw)
        else:
            ours = [event for event in events if event["type"] == tables.PARSER_TYPES[kind]]
            if field == "len":
                tally.compare(path, theirs, len(ours[0][side] if side else ours))
                return
            event = ours[int(number[1:-1]) if number else 0]
            if side:
                price, quantity = event[side][int(level[1:-1])]
                event = {"price": price, "quantity": quantity}
            self.field(tally, pair, (path, field), theirs, event)

    def field(self, tally, pair, name, theirs, event):
        path, field = name
        quantity = re.fullmatch(r"((?:ask_|bid_)?quantity)_(base|quote|contract)", field)
        contracts = tally.venue in tables.CONTRACTS and pair["market_type"] != "Spot"
        if quantity:
            ours = event[quantity[1]]
            unit = quantity[2]
            count = pair["expected"].get(path.removesuffix(unit) + "contract")
            if unit == "quote":
                tally.left[WORTH] += 1
            elif unit == "contract" and theirs is None:
                tally.left["contracts, of which a spot market has none"] += 1
            elif unit == "base" and count is not None and not same(theirs, count):
                tally.left[SIZE] += 1
            else:
                tally.compare(path, theirs, ours)
        elif field in ("timestamp", "begin_time", "funding_time"):
            ours = (self.time_of(event, theirs) if field == "timestamp" else
                    event[tables.PARSER_FIELDS[field]] // 10**6)
            seconds = theirs is not None and theirs < 10**11
            tally.compare(path, theirs * 1000 if seconds else theirs, ours, pair["raw"])
        else:
            ours = event[tables.PARSER_FIELDS[field]]
            theirs = tables.PERIODS.get(theirs, theirs) if field == "period" else theirs
            if "volume" in field and contracts and not same(theirs, ours):
                tally.left[SIZE] += 1
            else:
                tally.compare(path, theirs, ours, pair["raw"])

    def time_of(self, event, theirs):
        """In milliseconds; of a candle without a time, its end, else its beginning."""
        time = event["ts_event"]
        if time is None and theirs is not None and event["type"] == "candle":
            time = event["close_time"] or event["open_time"]
        return time if time is None else time // 10**6


class Symbols(Compared):
    """Names of instruments that we derive from a symbol alone."""

    def test_name_their_pairs(self):
        tallies = {}
        for row in self.lines("pairs/symbols.ndjson"):
            if row["exchange"] in tables.NOT_OURS:
                continue
            venue = first_match(tables.SYMBOL_VENUES, f"{row['exchange']} {row['raw_symbol']}")
            tally = tallies.setdefault(venue, Tally(venue or row["exchange"], "symbols"))
            if venue is None:
                tally.read(tables.BITHUMB_GLOBAL, row)
                continue
            frame = tables.SYMBOL_FRAMES[venue].replace("{symbol}", row["raw_symbol"])
            session = Session(PROGRAM, venue, [frame])
            events = session.data(0)
            if not tally.read(None if events else "", frame):
                continue
            if events[0]["instrument"] is None:
                tally.left[PAIR] += 1
            else:
                tally.compare(row["raw_symbol"], row["expected_pair"],
                              pair_of(events[0]["instrument"]))
        self.finish(tallies.values(), 4)


class Fixtures(Compared):
    """Single messages of sockets. fixtures_test.cpp has the verdicts of Binance's and OKX's."""

    def test_are_read_or_have_a_reason(self):
        tallies = {}
        for path in sorted((FOLDER / "fixtures").iterdir()):
            by_venue = {}
            for fixture in map(json.loads, text_of(path).splitlines()):
                raw = one_line(fixture["raw"])
                if fixture["kind"] != "ws" or path.name in tables.NO_FIXTURES:
                    continue
                venue = first_match(tables.FIXTURES[path.name], fixture["name"] + raw)
                by_venue.setdefault(venue, []).append(raw)
            for venue, raws in by_venue.items():
                tally = tallies[venue] = Tally(venue, "fixtures")
                session = Session(PROGRAM, venue, raws)
                for index, raw in enumerate(raws):
                    tally.read(session.why_unread(index), raw)
                count = session.tally["malformed"] + session.tally["unknown"]
                if count != sum(tally.unread.values()) + len(tally.wrong):
                    tally.wrong.append(f"{venue}: {session.tally}, but {tally}")
        self.finish(tallies.values())


class Recordings(Compared):
    """Whole recordings: each frame is read, and quickly."""

    def test_are_read(self):
        tallies = {}
        for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
            if folder.name in tables.NO_RECORDINGS:
                continue
            for venue in tables.RECORDED[folder.name]:
                total = tallies.setdefault(venue, Counter())
                for path in sorted(folder.iterdir()):
                    total.update(decoded(PROGRAM, venue, path))
        for venue, total in tallies.items():
            print(f"{venue}, recordings: {total['frames']} frames, {total['data']} data, "
                  f"{total['unknown']} unknown, {total['malformed']} malformed, "
                  f"{total['slow']} read by the exact reader", file=sys.stderr)
            for what in ("unknown", "malformed", "left_out", "damaged", "skipped"):
                if total[what]:
                    self.problems.append(f"{venue}: {total[what]} {what}")
            if total["slow"] * 100 >= total["data"]:
                self.problems.append(f"{venue}: {total['slow']} slow of {total['data']}")
        self.finish([])


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    FOLDER = Path(sys.argv.pop(1)).absolute()
    unittest.main(verbosity=2)
