// Gaps and the life of connections: one list without doubles, marks on a strip, sentences.

import type { Condition, GapEntry } from "../api";
import { plural } from "./format";

/** Whole days would fill the memory of a page that stays open; the strip shows an hour. */
export const kEntriesMax = 2000;

function identity(entry: GapEntry): string {
  return `${entry.ts} ${entry.venue} ${entry.symbol ?? ""} ${entry.channel ?? ""} ${entry.condition}`;
}

/** Newest first. The live topic brings the latest; older ones came by an earlier answer. */
export function merged(known: readonly GapEntry[], latest: readonly GapEntry[]): GapEntry[] {
  const all = new Map<string, GapEntry>();
  for (const entry of latest) all.set(identity(entry), entry);
  for (const entry of known) if (!all.has(identity(entry))) all.set(identity(entry), entry);
  return [...all.values()].sort((a, b) => (a.ts < b.ts ? 1 : a.ts > b.ts ? -1 : 0)).slice(0, kEntriesMax);
}

/** Entries of an instrument, and of the connections of its venue. */
export function concerning(entries: readonly GapEntry[], venue: string, symbol: string): GapEntry[] {
  return entries.filter((entry) => entry.venue === venue && (!entry.symbol || entry.symbol === symbol));
}

export interface Mark { at: number; condition: Condition; entry: GapEntry }

/** Marks at 0 (an hour ago) to 1 (now). */
export function marksOf(entries: readonly GapEntry[], nowMs: number, spanMs: number): Mark[] {
  const marks: Mark[] = [];
  for (const entry of entries) {
    const at = 1 - (nowMs - Date.parse(entry.ts)) / spanMs;
    if (at >= 0 && at <= 1) marks.push({ at, condition: entry.condition, entry });
  }
  return marks;
}

export interface Outage { from: number; to: number }

const kBroken: readonly Condition[] = ["gap", "disconnected"];
const kMended: readonly Condition[] = ["resynced", "healed", "connected"];

/** From each break to what mended it, clipped to the strip; one that lasts reaches to its end. */
export function outagesOf(entries: readonly GapEntry[], nowMs: number, spanMs: number): Outage[] {
  const outages: Outage[] = [];
  let begun: number | null = null;
  for (const entry of [...entries].reverse()) {
    const at = Math.min(1, 1 - (nowMs - Date.parse(entry.ts)) / spanMs);
    if (kBroken.includes(entry.condition)) begun ??= at;
    else if (kMended.includes(entry.condition) && begun !== null) {
      if (at >= 0) outages.push({ from: Math.max(0, begun), to: at });
      begun = null;
    }
  }
  if (begun !== null) outages.push({ from: Math.max(0, begun), to: 1 });
  return outages;
}

const kWords: Record<Condition, string> = {
  gap: "Gap", disconnected: "Disconnected", connected: "Connected", resynced: "Book taken anew",
  healed: "Gap filled", rejected: "Refused", subscribed: "Subscribed",
};

export function conditionText(condition: Condition): string {
  return kWords[condition] ?? condition;
}

export function detailText(entry: GapEntry): string {
  const parts: string[] = [];
  if (entry.channel !== null) parts.push(entry.channel);
  if (entry.reason !== "") parts.push(entry.reason);
  if (entry.missing !== null && entry.missing > 0) parts.push(plural(entry.missing, "message missing", "messages missing"));
  return parts.join(", ");
}

export interface Aftermath { gaps: number; disconnects: number; reconnects: number; mended: number; last: GapEntry | null }

/** What came after a moment, such as that of a fault. */
export function aftermath(entries: readonly GapEntry[], sinceMs: number): Aftermath {
  const after = entries.filter((entry) => Date.parse(entry.ts) >= sinceMs);
  const count = (...of: Condition[]) => after.filter((entry) => of.includes(entry.condition)).length;
  return {
    gaps: count("gap"), disconnects: count("disconnected"), reconnects: count("connected"),
    mended: count("resynced", "healed"), last: after[0] ?? null,
  };
}

export function aftermathText(seen: Aftermath): string {
  const parts: string[] = [];
  if (seen.disconnects > 0) parts.push(plural(seen.disconnects, "connection lost", "connections lost"));
  if (seen.reconnects > 0) parts.push(plural(seen.reconnects, "reconnect"));
  if (seen.gaps > 0) parts.push(plural(seen.gaps, "gap"));
  if (seen.mended > 0) parts.push(plural(seen.mended, "book mended", "books mended"));
  return parts.length === 0 ? "Nothing seen so far." : `${parts.join(", ")}.`;
}
