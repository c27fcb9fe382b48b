// Gaps and the life of connections: one list without doubles, marks on a strip, sentences.

import type { Condition, GapEntry } from "../api";
import { countText, plural } from "./format";

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

/** An entry that stands for several: the same that happened to streams of a venue within a second. */
export interface Happening { entry: GapEntry; instruments: string[]; channels: string[]; missing: number | null }

export function together(entries: readonly GapEntry[]): Happening[] {
  const groups = new Map<string, Happening>();
  const add = (list: string[], name: string | null) => {
    if (name !== null && name !== "" && !list.includes(name)) list.unshift(name);
  };
  for (const entry of entries) {
    const key = `${entry.ts.slice(0, 19)} ${entry.venue} ${entry.condition} ${entry.reason}`;
    const group = groups.get(key) ?? { entry, instruments: [], channels: [], missing: null };
    groups.set(key, group);
    add(group.instruments, entry.instrument ?? entry.symbol);
    add(group.channels, entry.channel);
    if (entry.missing !== null) group.missing = (group.missing ?? 0) + entry.missing;
  }
  return [...groups.values()];
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

const kNamesMax = 3;

export function whoText({ entry, instruments }: Happening): string {
  const names = instruments.length > kNamesMax ? plural(instruments.length, "instrument") : instruments.join(", ");
  return `${entry.venue} ${names}`.trim();
}

export function detailText({ entry, channels, missing }: Happening): string {
  const parts = [...channels];
  if (entry.reason !== "") parts.push(entry.reason);
  if (missing !== null && missing > 0) parts.push(plural(missing, "message missing", "messages missing"));
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
  if (seen.disconnects > 0) parts.push(plural(seen.disconnects, "stream lost", "streams lost"));
  if (seen.reconnects > 0) parts.push(`${countText(seen.reconnects)} back`);
  if (seen.gaps > 0) parts.push(plural(seen.gaps, "gap"));
  if (seen.mended > 0) parts.push(plural(seen.mended, "book mended", "books mended"));
  return parts.length === 0 ? "Nothing seen so far." : `${parts.join(", ")}.`;
}
