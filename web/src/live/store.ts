// What the page knows: the latest of each topic, kept apart from how it is drawn.

import type {
  Book, Candle, Connections, GapEntry, Instrument, Message, Performance, Request, Sink, Status, Topic, Trade,
} from "../api";
import { continued } from "../pure/candles";
import { keyOf } from "../pure/listing";
import { merged } from "../pure/timeline";
import { Cell } from "./cell";
import { get } from "./rest";
import { Socket } from "./socket";

const kTradesMax = 120;
/** Ten books a second: nobody reads faster, and each is drawn whole. */
const kBookMs = 100;
const kCandlesMax = 1440;
/** Points of the small curves, one a second. */
export const kRatePoints = 60;

export interface Restart { started: string; otherVersion: boolean }
export interface Candles { venue: string; symbol: string; data: Candle[] }
export interface BookWish { venue: string; name: string; depth: number }

export const status = new Cell<Status | null>(null);
export const instruments = new Cell<Instrument[] | null>(null);
export const connections = new Cell<Connections | null>(null);
export const sinks = new Cell<Sink[] | null>(null);
export const performance = new Cell<Performance | null>(null);
export const gaps = new Cell<GapEntry[] | null>(null);
export const book = new Cell<Book | null>(null);
/** Of the book's instrument, newest first. */
export const trades = new Cell<Trade[]>([]);
export const candles = new Cell<Candles | null>(null);
export const restart = new Cell<Restart | null>(null);
export const problem = new Cell<string | null>(null);
/** Silent since that time; never: nothing came since the page was loaded; null: messages come. */
export const silence = new Cell<number | "never" | null>(null);
/** Counts the seconds in which the curves got a point. */
export const beats = new Cell<number>(0);
/** Events a second, of each instrument and (empty key) of all. */
export const rates = new Map<string, number[]>();

/** Before the name of a sink among the rates: no venue is called so. */
export const kSinkKey = "\nsink ";
const deliveredBefore = new Map<string, number>();

let topics: Topic[] = [];
let intervalMs = 250;
let wish: BookWish | null = null;
let sampledMs = 0;

function sample(key: string, value: number): void {
  const points = rates.get(key) ?? [];
  points.push(value);
  if (points.length > kRatePoints) points.shift();
  rates.set(key, points);
}

/** Of sinks the events that they took since the last beat. */
function sampleSinks(seconds: number): void {
  for (const { name, shard, delivered } of sinks.value ?? []) {
    const key = `${kSinkKey}${name} ${shard}`;
    const before = deliveredBefore.get(key);
    deliveredBefore.set(key, delivered);
    if (before !== undefined && delivered >= before) sample(key, (delivered - before) / seconds);
  }
}

function takeStatus(now: Status): void {
  const before = status.value;
  if (before !== null && (before.pid !== now.pid || before.started !== now.started)) {
    restart.set({ started: now.started, otherVersion: before.version !== now.version });
    rates.clear();
    deliveredBefore.clear();
    gaps.set([]);
    trades.set([]);
    void loadGaps();
  }
  if (Date.now() - sampledMs >= 950) {
    sampleSinks((Date.now() - sampledMs) / 1000);
    sampledMs = Date.now();
    sample("", now.rates.events_per_second);
    for (const item of instruments.value ?? []) sample(keyOf(item), item.events_per_second);
    beats.set(beats.value + 1);
  }
  status.set(now);
  document.documentElement.dataset.live = "yes";
}

/** A message of the book before may still come after another one was asked for. */
function isWished({ venue, symbol }: { venue: string; symbol: string }): boolean {
  if (wish === null || venue !== wish.venue) return false;
  if (symbol === wish.name) return true;
  const known = instruments.value?.find((item) => item.venue === venue && item.symbol === symbol);
  return known === undefined || known.instrument === wish.name;
}

/** When a book is asked for with another depth, trades that came before may come once more. */
function unseen(latest: Trade[]): Trade[] {
  const seen = new Set(trades.value.map((trade) => `${trade.ts} ${trade.id}`));
  return latest.filter((trade) => !seen.has(`${trade.ts} ${trade.id}`)).reverse();
}

function takeBook(data: Book, latest: Trade[]): void {
  if (!isWished(data)) return;
  book.set(data);
  problem.set(null);
  if (latest.length > 0) trades.set([...unseen(latest), ...trades.value].slice(0, kTradesMax));
}

function take(message: Message): void {
  silence.set(null);
  switch (message.topic) {
    case "status": takeStatus(message.data); break;
    case "instruments": instruments.set(message.data); break;
    case "connections": connections.set(message.data); break;
    case "sinks": sinks.set(message.data); break;
    case "performance": performance.set(message.data); break;
    case "gaps": gaps.set(merged(gaps.value ?? [], message.data)); break;
    case "book": takeBook(message.data, message.trades); break;
    case "candles": takeCandles(message); break;
    case "error": problem.set(message.data); break;
  }
}

function takeCandles({ venue, symbol, data }: { venue: string; symbol: string; data: Candle[] }): void {
  if (!isWished({ venue, symbol })) return;
  const before = candles.value;
  const known = before !== null && before.venue === venue && before.symbol === symbol ? before.data : [];
  candles.set({ venue, symbol, data: continued(known, data, kCandlesMax) });
}

/** The live topic has the latest only; the strip of an hour wants more at first. */
async function loadGaps(): Promise<void> {
  const answer = await get<GapEntry[]>("gaps?limit=1000").catch(() => null);
  if (answer !== null) gaps.set(merged(gaps.value ?? [], answer));
}

function watchRequest(): Request {
  return { op: "watch", topics: ["status", ...topics.filter((topic) => topic !== "status")], interval_ms: intervalMs };
}

function bookRequest(): Request {
  return wish === null ? { op: "book" } : { op: "book", ...wish, interval_ms: kBookMs };
}

const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new Socket(`${scheme}://${location.host}/api/v1/live`, {
  message: take,
  opened() {
    socket.send(watchRequest());
    if (wish !== null) socket.send(bookRequest());
  },
  silent(sinceMs) { silence.set(sinceMs ?? "never"); },
});

export function start(): void {
  socket.start();
  void loadGaps();
}

/** The curve of all begins with what the collector remembers. */
export function rememberRates(history: readonly (number | null)[]): void {
  const own = rates.get("") ?? [];
  const before = history.slice(0, history.length - own.length).map((value) => value ?? 0);
  rates.set("", [...before, ...own].slice(-kRatePoints));
}

/** What the page that is shown needs; the status always comes along. */
export function watch(wanted: Topic[], everyMs: number): void {
  if (wanted.join() === topics.join() && everyMs === intervalMs) return;
  topics = wanted;
  intervalMs = everyMs;
  socket.send(watchRequest());
}

/** The one book that is shown, or none. Another one begins empty: its numbers must not look like the last one's. */
export function watchBook(next: BookWish | null): void {
  const same = next !== null && wish !== null && next.venue === wish.venue && next.name === wish.name;
  wish = next;
  if (!same) {
    book.set(null);
    trades.set([]);
    candles.set(null);
    problem.set(null);
  }
  socket.send(bookRequest());
}
