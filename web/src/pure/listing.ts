// The list of instruments: found by words, put in order by a column.

import type { Instrument, InstrumentState } from "../api";

export type SortKey =
  | "state" | "venue" | "instrument" | "bid" | "ask" | "spread" | "last" | "rate" | "age" | "gaps";

export interface Order { key: SortKey; down: boolean }

/** What needs help comes first. */
const kTrouble: Record<InstrumentState, number> = { DOWN: 0, GAP: 1, REFUSED: 2, WAITING: 3, LIVE: 4 };

export function keyOf(item: Pick<Instrument, "venue" | "symbol">): string {
  return `${item.venue} ${item.symbol}`;
}

/** Every word must be somewhere in venue, instrument, symbol, kind or state. */
export function found(items: readonly Instrument[], text: string): Instrument[] {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [...items];
  return items.filter((item) => {
    const all = `${item.venue} ${item.instrument} ${item.symbol} ${item.kind ?? ""} ${item.state}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

function valueOf(item: Instrument, key: SortKey): string | number | null {
  switch (key) {
    case "state": return kTrouble[item.state];
    case "venue": return item.venue;
    case "instrument": return item.instrument;
    // Only the order needs a number here; what is shown stays the venue's text.
    case "bid": return item.bid === null ? null : Number(item.bid.price);
    case "ask": return item.ask === null ? null : Number(item.ask.price);
    case "last": return item.last_price === null ? null : Number(item.last_price);
    case "spread": return item.spread_bp;
    case "rate": return item.events_per_second;
    case "age": return item.age_ms;
    case "gaps": return item.gaps;
  }
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Unknown values come last in either direction; equal ones by venue, then instrument. */
export function ordered(items: readonly Instrument[], order: Order): Instrument[] {
  const keyed = items.map((item) => ({ item, value: valueOf(item, order.key) }));
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null) {
      if (a.value !== b.value) return a.value === null ? 1 : -1;
    } else {
      const by = compare(a.value, b.value);
      if (by !== 0) return order.down ? -by : by;
    }
    return compare(a.item.venue, b.item.venue) || compare(a.item.instrument, b.item.instrument)
      || compare(a.item.symbol, b.item.symbol);
  });
  return keyed.map(({ item }) => item);
}
