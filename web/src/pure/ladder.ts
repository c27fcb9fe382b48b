// A book side as the rows of a ladder: prices put together by a step, quantities summed exactly.

import type { Level } from "../api";
import { placesOf, powerOfTen, textOf, unitsOf } from "./decimal";

export type Side = "bid" | "ask";

export interface LadderRow {
  /** All places of the step. */
  price: string;
  quantity: string;
  /** Of this row and all better ones. */
  total: string;
  /** Of the largest shown, 0 to 1. */
  share: number;
  totalShare: number;
}

export interface Ladder { bids: LadderRow[]; asks: LadderRow[]; places: number }

/** The step where the venue names no tick: the finest place that is used. */
export function tickOf(tick: string | null, levels: readonly Level[]): string {
  if (tick !== null) return tick;
  return powerOfTen(-levels.reduce((most, [price]) => Math.max(most, placesOf(price)), 0));
}

/** The tick, and the next three powers of ten above it. */
export function stepsOf(tick: string): string[] {
  const places = placesOf(tick);
  const exponent = places > 0 ? -places : (tick.match(/0*$/)?.[0].length ?? 0);
  const round = powerOfTen(exponent);
  const steps = [tick];
  for (let n = 1; steps.length < 4; n++) {
    const step = powerOfTen(exponent + n);
    if (step !== round) steps.push(step);
  }
  return steps;
}

interface Summed { price: bigint; quantity: bigint }

/** Bids go down to their step, asks up: a row never looks better than what is in it. */
export function summed(
  levels: readonly Level[], side: Side, step: string, quantityPlaces: number,
): { rows: Summed[]; pricePlaces: number } {
  const pricePlaces = levels.reduce((most, [p]) => Math.max(most, placesOf(p)), placesOf(step));
  const width = unitsOf(step, pricePlaces);
  const rows: Summed[] = [];
  for (const [priceText, quantityText] of levels) {
    const exact = unitsOf(priceText, pricePlaces);
    const rest = ((exact % width) + width) % width;
    const price = rest === 0n ? exact : side === "bid" ? exact - rest : exact - rest + width;
    const quantity = unitsOf(quantityText, quantityPlaces);
    const last = rows[rows.length - 1];
    if (last !== undefined && last.price === price) last.quantity += quantity;
    else rows.push({ price, quantity });
  }
  return { rows, pricePlaces };
}

function ratio(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 10_000n) / whole) / 10_000;
}

export interface LadderOptions {
  step: string;
  /** Rows a side. */
  rows: number;
  /** Quantities get at least so many places; a caller passes what it had, so that columns stand still. */
  places: number;
}

export function ladderOf(bids: readonly Level[], asks: readonly Level[], options: LadderOptions): Ladder {
  const places = [...bids, ...asks].reduce((most, [, q]) => Math.max(most, placesOf(q)), options.places);
  const sides = { bid: bids, ask: asks };
  const cut = (side: Side) => {
    const { rows, pricePlaces } = summed(sides[side], side, options.step, places);
    let total = 0n;
    const shown = rows.slice(0, options.rows).map((row) => ({ ...row, total: (total += row.quantity) }));
    return { shown, pricePlaces, total };
  };
  const bid = cut("bid");
  const ask = cut("ask");
  const all = [...bid.shown, ...ask.shown];
  const largest = all.reduce((most, row) => (row.quantity > most ? row.quantity : most), 0n);
  const total = bid.total > ask.total ? bid.total : ask.total;
  const written = ({ shown, pricePlaces }: ReturnType<typeof cut>): LadderRow[] =>
    shown.map((row) => ({
      price: textOf(row.price, pricePlaces),
      quantity: textOf(row.quantity, places),
      total: textOf(row.total, places),
      share: ratio(row.quantity, largest),
      totalShare: ratio(row.total, total),
    }));
  return { bids: written(bid), asks: written(ask), places };
}

/** Ask minus bid, in the digits of the finer of them. */
export function spreadOf(bid: string, ask: string): string {
  const places = Math.max(placesOf(bid), placesOf(ask));
  return textOf(unitsOf(ask, places) - unitsOf(bid, places), places);
}
