import assert from "node:assert/strict";
import { test } from "node:test";
import { delayText,
  ageText, basisPoints, bytesText, clockText, countText, grouped, microsText, millisText, percentText, plural, priceText,
  shortCount, spanText, toPlaces,
} from "../../src/pure/format";

test("thousands are grouped in the whole part only", () => {
  assert.equal(grouped("91234.29"), "91,234.29");
  assert.equal(grouped("999"), "999");
  assert.equal(grouped("-1234567.1234567"), "-1,234,567.1234567");
  assert.equal(grouped("0.00001234"), "0.00001234");
});

test("a price is shown to the tick, and no digit but a zero is ever cut", () => {
  assert.equal(priceText("91234.71000000", "0.01"), "91,234.71");
  assert.equal(priceText("91227", "0.1"), "91,227.0");
  assert.equal(priceText("91227.123", "0.1"), "91,227.123");
  assert.equal(priceText("2.45120000", "0.0001"), "2.4512");
  assert.equal(priceText("2.45120000", null), "2.45120000");
  assert.equal(priceText("1500", "10"), "1,500");
  assert.equal(priceText("91234.71", "0.01000000"), "91,234.71");
});

test("what is unknown is a dash", () => {
  for (const text of [priceText(null, "0.01"), countText(null), bytesText(null), microsText(null), millisText(null),
    ageText(null), spanText(null), percentText(null), clockText(null), basisPoints(null), shortCount(null)]) {
    assert.equal(text, "–");
  }
});

test("places are filled up with zeros", () => {
  assert.equal(toPlaces("1.5", 4), "1.5000");
  assert.equal(toPlaces("1", 2), "1.00");
  assert.equal(toPlaces("1.50000", 0), "1.5");
});

test("amounts have three digits, and no unit shows 1000", () => {
  assert.equal(bytesText(999), "999 B");
  assert.equal(bytesText(999_600), "1.00 MB");
  assert.equal(bytesText(96_000_000), "96.0 MB");
  assert.equal(shortCount(4_123), "4.12 k");
  assert.equal(shortCount(0), "0");
});

test("latencies go from nanoseconds to seconds", () => {
  assert.equal(microsText(0.31), "310 ns");
  assert.equal(microsText(1.42), "1.42 µs");
  assert.equal(microsText(999.6), "1.00 ms");
  assert.equal(microsText(38_600), "38.6 ms");
  assert.equal(microsText(2_500_000), "2.50 s");
});

test("availability is never rounded up to all", () => {
  assert.equal(percentText(0.9999999, 3), "99.999 %");
  assert.equal(percentText(1, 3), "100 %");
  assert.equal(percentText(0.99987, 3), "99.987 %");
});

test("spans name two units at most", () => {
  assert.equal(spanText(59.9), "59 s");
  assert.equal(spanText(60), "1 min");
  assert.equal(spanText(3661), "1 h 1 min");
  assert.equal(spanText(90_000), "1 d 1 h");
  assert.equal(ageText(999), "< 1 s");
  assert.equal(ageText(1000), "1 s");
});

test("times of day keep the digits that are asked for", () => {
  assert.equal(clockText("2026-11-26T07:00:00.123456789Z"), "07:00:00");
  assert.equal(clockText("2026-11-26T07:00:00.123456789Z", 3), "07:00:00.123");
  assert.equal(clockText("2026-11-26T07:00:00Z", 6), "07:00:00.000000");
});

test("what is next to nothing is not nothing", () => {
  assert.equal(basisPoints(0.001), "< 0.01");
  assert.equal(basisPoints(0), "0.00");
  assert.equal(basisPoints(0.005), "0.01");
  assert.equal(delayText(0), "< 1 ms");
  assert.equal(delayText(1), "1.00 ms");
  assert.equal(delayText(-3), "-3.00 ms");
  assert.equal(delayText(null), "–");
});

test("one is not many", () => {
  assert.equal(plural(1, "gap"), "1 gap");
  assert.equal(plural(1200, "gap"), "1,200 gaps");
});
