import assert from "node:assert/strict";
import { test } from "node:test";
import type { GapEntry, Instrument } from "../../src/api";
import { continued } from "../../src/pure/candles";
import { boxesOf, boxesOfPicture } from "../../src/pure/flame";
import { found, keyOf, ordered } from "../../src/pure/listing";
import { aftermath, aftermathText, concerning, detailText, marksOf, merged, outagesOf, together, whoText } from "../../src/pure/timeline";
import { scrollTo, windowOf } from "../../src/pure/windowing";

function item(venue: string, name: string, more: Partial<Instrument> = {}): Instrument {
  return {
    venue, symbol: name, instrument: name, state: "LIVE", reason: "", kind: "spot", tick: "0.01", events: 0,
    events_per_second: 0, bid: null, ask: null, last_price: null, spread_bp: null, gaps: 0, missing: 0, age_ms: null,
    latency_p50_us: 0, latency_p99_us: 0, legs: 1, channels: [], ...more,
  };
}

function entry(ts: string, condition: GapEntry["condition"], more: Partial<GapEntry> = {}): GapEntry {
  return {
    ts: `2026-11-26T${ts}.000000000Z`, venue: "okx", symbol: "A", instrument: "A", channel: "book", condition, reason: "",
    from: null, to: null, missing: null, since: null, ...more,
  };
}

const now = Date.parse("2026-11-26T08:00:00Z");
const hour = 3_600_000;

test("only rows that are seen, and a few around them, are drawn", () => {
  const view = { top: 0, height: 400, rowHeight: 40, count: 1000, around: 4 };
  assert.deepEqual(windowOf(view), { first: 0, end: 15, before: 0, after: 39_400 });
  const middle = windowOf({ ...view, top: 20_010 });
  assert.deepEqual(middle, { first: 496, end: 515, before: 19_840, after: 19_400 });
});

test("the window ends with the list, also when the list became short", () => {
  const { first, end, after } = windowOf({ top: 39_600, height: 400, rowHeight: 40, count: 1000, around: 4 });
  assert.deepEqual([end, after], [1000, 0]);
  assert.ok(first < 990);
  assert.deepEqual(windowOf({ top: 39_600, height: 400, rowHeight: 40, count: 3, around: 4 }), { first: 0, end: 3, before: 0, after: 0 });
  assert.deepEqual(windowOf({ top: 0, height: 400, rowHeight: 40, count: 0, around: 4 }), { first: 0, end: 0, before: 0, after: 0 });
});

test("a row that is seen already is not scrolled to", () => {
  const view = { top: 400, height: 400, rowHeight: 40, count: 100, around: 0 };
  assert.equal(scrollTo(12, view), null);
  assert.equal(scrollTo(2, view), 80);
  assert.equal(scrollTo(30, view), 840);
});

test("every word has to be found", () => {
  const list = [item("okx", "BTC-USDT"), item("binance", "BTC-USDT"), item("okx", "ETH-USDT", { state: "GAP" })];
  assert.deepEqual(found(list, " OKX  btc").map(keyOf), ["okx BTC-USDT"]);
  assert.deepEqual(found(list, "gap").map(keyOf), ["okx ETH-USDT"]);
  assert.equal(found(list, "").length, 3);
});

test("prices are ordered as numbers, unknown ones last in both directions", () => {
  const list = ["9", "10", null, "100"].map((price, i) => item("v", `i${i}`, { last_price: price }));
  assert.deepEqual(ordered(list, { key: "last", down: false }).map((x) => x.last_price), ["9", "10", "100", null]);
  assert.deepEqual(ordered(list, { key: "last", down: true }).map((x) => x.last_price), ["100", "10", "9", null]);
});

test("by state, what needs help comes first", () => {
  const list = [item("v", "a"), item("v", "b", { state: "GAP" }), item("v", "c", { state: "DOWN" })];
  assert.deepEqual(ordered(list, { key: "state", down: false }).map((x) => x.state), ["DOWN", "GAP", "LIVE"]);
});

test("entries are merged newest first, without doubles", () => {
  const old = [entry("07:30:00", "resynced"), entry("07:29:59", "gap")];
  const all = merged(old, [entry("07:40:00", "gap"), entry("07:30:00", "resynced")]);
  assert.deepEqual(all.map((one) => one.ts.slice(11, 19)), ["07:40:00", "07:30:00", "07:29:59"]);
});

test("an instrument is concerned by its own entries and by those of its venue", () => {
  const all = [entry("07:30:00", "gap"), entry("07:30:01", "gap", { symbol: "B" }),
    entry("07:30:02", "disconnected", { symbol: "" }), entry("07:30:03", "gap", { venue: "kraken" })];
  assert.deepEqual(concerning(all, "okx", "A").map((one) => one.ts.slice(17, 19)), ["00", "02"]);
});

test("marks stand where they happened, older ones are left out", () => {
  const marks = marksOf([entry("07:30:00", "gap"), entry("06:59:00", "gap")], now, hour);
  assert.deepEqual(marks.map((mark) => mark.at), [0.5]);
});

test("an outage reaches from the break to what mended it, or lasts", () => {
  assert.deepEqual(outagesOf([entry("07:45:00", "resynced"), entry("07:30:00", "gap")], now, hour), [{ from: 0.5, to: 0.75 }]);
  assert.deepEqual(outagesOf([entry("07:30:00", "disconnected")], now, hour), [{ from: 0.5, to: 1 }]);
  assert.deepEqual(outagesOf([entry("07:30:00", "healed"), entry("06:00:00", "gap")], now, hour), [{ from: 0, to: 0.5 }]);
  assert.deepEqual(outagesOf([entry("06:30:00", "healed"), entry("06:00:00", "gap")], now, hour), []);
});

test("what came after a fault is told in words", () => {
  const all = [entry("07:50:02", "resynced"), entry("07:50:01", "connected"), entry("07:50:00", "disconnected"), entry("07:40:00", "gap")];
  assert.equal(aftermathText(aftermath(all, Date.parse("2026-11-26T07:49:00Z"))), "1 stream lost, 1 back, 1 book mended.");
  assert.equal(aftermathText(aftermath([], now)), "Nothing seen so far.");
});

test("what happened to streams of a venue within a second is one entry", () => {
  const at = (symbol: string, channel: string, second = "07:50:00") => entry(second, "connected", { symbol, instrument: symbol, channel });
  const list = together([entry("07:50:01", "gap", { missing: 3, reason: "sequence" }), at("B", "trade"), at("B", "book"), at("A", "trade"), at("A", "book", "07:49:59")]);
  assert.deepEqual(list.map((one) => [whoText(one), detailText(one)]), [
    ["okx A", "book, sequence, 3 messages missing"], ["okx A, B", "book, trade"], ["okx A", "book"]]);
  const many = together(["A", "B", "C", "D"].map((symbol) => at(symbol, "trade")));
  assert.deepEqual(many.map(whoText), ["okx 4 instruments"]);
});

test("a candle that begins leaves those before it where they are", () => {
  const candle = (time: number, close: number) => ({ time, open: 1, high: 9, low: 1, close, volume: 1 });
  const closes = (list: { time: number; close: number }[]) => list.map(({ time, close }) => `${time}:${close}`).join(" ");
  const known = [candle(60, 1), candle(120, 2), candle(180, 3)];
  assert.equal(closes(continued(known, [candle(180, 4)], 9)), "60:1 120:2 180:4");
  assert.equal(closes(continued(known, [candle(180, 4), candle(240, 5)], 9)), "60:1 120:2 180:4 240:5", "at the end of a minute there are two");
  assert.equal(closes(continued(known, [candle(0, 7), candle(60, 8)], 9)), "0:7 60:8", "all of them, once more");
  assert.equal(closes(continued([], known, 2)), "120:2 180:3");
  assert.equal(closes(continued(known, [], 9)), closes(known));
});

test("the collector's picture of a profile becomes boxes", () => {
  const box = (name: string, count: number, x: number, y: number, width: number) =>
    `<g><title>${name}: ${count} samples, 1.0 %</title><rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="16" fill="#c8c8d8"/></g>\n`;
  const graph = boxesOfPicture(`<svg><rect width="100%"/>${box("all", 8, 0, 44, 1200)}${box("a&lt;b&gt;::c: d", 6, 0, 61, 900)}${box("e", 2, 900, 61, 300)}`
    + `${box("f", 3, 0, 78, 450)}</svg>`);
  assert.equal(graph?.total, 8);
  assert.deepEqual(graph?.boxes.map((one) => [one.name, one.depth, one.from, one.width, one.count]), [
    ["all", 0, 0, 1, 8], ["a<b>::c: d", 1, 0, 0.75, 6], ["e", 1, 0.75, 0.25, 2], ["f", 2, 0, 0.375, 3]]);
  assert.equal(boxesOfPicture("<svg></svg>"), null);
});

test("folded stacks become boxes, as wide as their samples", () => {
  const graph = boxesOf("main;run;decode 3\nmain;run 1\nmain;wait 4\n");
  assert.deepEqual(graph?.boxes.map((box) => [box.name, box.depth, box.from, box.width]),
    [["main", 0, 0, 1], ["run", 1, 0, 0.5], ["decode", 2, 0, 0.375], ["wait", 1, 0.5, 0.5]]);
  assert.equal(boxesOf("no stacks here"), null);
});
