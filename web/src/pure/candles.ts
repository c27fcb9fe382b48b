// Candles as they come: all at first, then those that changed.

import type { Candle } from "../api";

/** What is known, with what comes: the last candle grown, often with one that begins; or, once more, all of them. */
export function continued(known: readonly Candle[], next: readonly Candle[], most: number): Candle[] {
  const first = next[0];
  const last = known[known.length - 1];
  if (first === undefined) return [...known];
  if (last === undefined || first.time < last.time) return next.slice(-most);
  return [...known.filter((candle) => candle.time < first.time), ...next].slice(-most);
}
