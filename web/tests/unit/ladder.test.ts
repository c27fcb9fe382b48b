import assert from "node:assert/strict";
import { test } from "node:test";
import type { Level } from "../../src/api";
import { placesOf, powerOfTen, textOf, unitsOf } from "../../src/pure/decimal";
import { ladderOf, spreadOf, stepsOf, tickOf } from "../../src/pure/ladder";

const bids: Level[] = [["100.05", "0.1"], ["100.04", "0.2"], ["99.99", "1"]];
const asks: Level[] = [["100.07", "0.3"], ["100.10", "0.4"], ["100.11", "2"]];

test("decimals go to units and back", () => {
  assert.equal(unitsOf("91234.29", 2), 9123429n);
  assert.equal(unitsOf("-0.5", 1), -5n);
  assert.equal(textOf(9123429n, 2), "91234.29");
  assert.equal(textOf(5n, 3), "0.005");
  assert.equal(textOf(-5n, 1), "-0.5");
  assert.equal(placesOf("1.2300"), 2);
  assert.equal(powerOfTen(-2), "0.01");
  assert.equal(powerOfTen(2), "100");
});

test("at the tick each level is a row, and totals are exact sums", () => {
  const { bids: rows } = ladderOf(bids, asks, { step: "0.01", rows: 10, places: 0 });
  assert.deepEqual(rows.map((row) => [row.price, row.quantity, row.total]),
    [["100.05", "0.1", "0.1"], ["100.04", "0.2", "0.3"], ["99.99", "1.0", "1.3"]]);
});

test("a coarser step puts bids down and asks up", () => {
  const ladder = ladderOf(bids, asks, { step: "0.1", rows: 10, places: 0 });
  assert.deepEqual(ladder.bids.map((row) => [row.price, row.quantity]), [["100.00", "0.3"], ["99.90", "1.0"]]);
  assert.deepEqual(ladder.asks.map((row) => [row.price, row.quantity]), [["100.10", "0.7"], ["100.20", "2.0"]]);
});

test("sums that a double would round stay exact", () => {
  const many: Level[] = Array.from({ length: 10 }, () => ["1", "0.1"]);
  assert.equal(ladderOf(many, [], { step: "1", rows: 1, places: 0 }).bids[0]?.quantity, "1.0");
  const { bids: rows } = ladderOf([["1", "9007199254740993.000000001"]], [], { step: "1", rows: 1, places: 0 });
  assert.equal(rows[0]?.total, "9007199254740993.000000001");
});

test("shares are of the largest row, totals of the larger side", () => {
  const ladder = ladderOf(bids, asks, { step: "0.01", rows: 2, places: 0 });
  assert.equal(ladder.asks[1]?.share, 1);
  assert.equal(ladder.bids[0]?.share, 0.25);
  assert.equal(ladder.asks[1]?.totalShare, 1);
});

test("places never shrink while a ladder is shown", () => {
  assert.equal(ladderOf([["1", "2"]], [], { step: "1", rows: 1, places: 3 }).bids[0]?.quantity, "2.000");
});

test("an empty book and quantities of nought have no share", () => {
  assert.deepEqual(ladderOf([], [], { step: "1", rows: 5, places: 0 }).bids, []);
  assert.equal(ladderOf([["1", "0"]], [], { step: "1", rows: 5, places: 0 }).bids[0]?.share, 0);
});

test("steps begin with the tick and go on by tens", () => {
  assert.deepEqual(stepsOf("0.01"), ["0.01", "0.1", "1", "10"]);
  assert.deepEqual(stepsOf("0.05"), ["0.05", "0.1", "1", "10"]);
  assert.deepEqual(stepsOf("1"), ["1", "10", "100", "1000"]);
  assert.deepEqual(stepsOf("50"), ["50", "100", "1000", "10000"]);
});

test("without a tick the finest place that is used is the step", () => {
  assert.equal(tickOf(null, asks), "0.01");
  assert.equal(tickOf("0.5", asks), "0.5");
});

test("a spread has the digits of the finer price", () => {
  assert.equal(spreadOf("91234.7", "91234.75"), "0.05");
});
