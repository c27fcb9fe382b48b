// The control API, version 1, as the server sends it. Times are ISO 8601 UTC with nanoseconds; prices and
// quantities are strings with the venue's digits; what is unknown is null.

export type Time = string;
export type InstrumentState = "LIVE" | "WAITING" | "GAP" | "DOWN" | "REFUSED";
export type RunState = "starting" | "live" | "degraded" | "down" | "stopping";

export interface Status {
  version: string;
  mode: "run" | "demo";
  pid: number;
  started: Time;
  now: Time;
  uptime_seconds: number;
  data_dir: string;
  state: RunState;
  reason: string;
  instruments: {
    wanted: number; live: number; waiting: number; gap: number; down: number; refused: number;
  };
  totals: {
    frames: number; bytes: number; events: number; gaps: number; missing: number; malformed: number;
    unknown: number; slow_reads: number; duplicates: number; dropped: number;
  };
  rates: { frames_per_second: number; bytes_per_second: number; events_per_second: number };
  cpu: { cores_used: number; cores: number };
  memory: { resident: number; anonymous: number };
  journal: { appended: number; bytes: number; bytes_max: number; segments: number; has_room: boolean };
  disk: { free: number; size: number };
}

export interface Quote { price: string; quantity: string }

export interface Channel {
  channel: string;
  state: InstrumentState;
  events: number;
  legs: number;
}

export interface Instrument {
  venue: string;
  symbol: string;
  instrument: string;
  state: InstrumentState;
  reason: string;
  kind: "spot" | "perpetual" | "future" | "option" | null;
  tick: string | null;
  events: number;
  events_per_second: number;
  bid: Quote | null;
  ask: Quote | null;
  last_price: string | null;
  spread_bp: number | null;
  gaps: number;
  missing: number;
  /** Since the last event. */
  age_ms: number | null;
  /** Of its venue, from the socket to the journal. */
  latency_p50_us: number;
  latency_p99_us: number;
  legs: number;
  channels: Channel[];
}

/** Price, quantity. */
export type Level = [string, string];

export interface Book {
  venue: string;
  symbol: string;
  instrument: string;
  state: "LIVE" | "GAP" | "WAITING";
  sequence: number | null;
  ts_event: Time | null;
  ts_recv: Time | null;
  /** Beyond these prices the venue has said nothing of the book. */
  known_bid: string | null;
  known_ask: string | null;
  /** Best first, both. */
  bids: Level[];
  asks: Level[];
  bid_levels: number;
  ask_levels: number;
}

export interface Trade {
  ts: Time;
  price: string;
  quantity: string;
  side: "buy" | "sell" | null;
  id: string;
}

/** One minute; numbers, as they are only drawn. */
export interface Candle {
  time: number; open: number; high: number; low: number; close: number; volume: number;
}

export type Condition =
  | "gap" | "disconnected" | "connected" | "resynced" | "healed" | "rejected" | "subscribed";

export interface GapEntry {
  ts: Time;
  venue: string;
  /** Empty or null: it is of the whole venue or connection. */
  symbol: string | null;
  instrument: string | null;
  channel: string | null;
  condition: Condition;
  reason: string;
  from: number | null;
  to: number | null;
  missing: number | null;
  since: Time | null;
}

export interface VenueConnections {
  venue: string;
  availability_1h: number | null;
  availability_24h: number | null;
  connects: number;
  disconnects: number;
  last_problem: string;
  rest: {
    calls: number; active: number; waiting: number; failed: number;
    p95_ms: number | null; reuse: number | null;
  };
}

export interface Connection {
  venue: string;
  name: string;
  leg: number;
  shard: number;
  state: "opening" | "live" | "waiting" | "closing";
  reason: string;
  retry_at: Time | null;
  /** The venue's clock behind ours. */
  delay_ms: number | null;
  since: Time | null;
  /** Since the last frame. */
  age_ms: number | null;
  round_trip_ms: number | null;
  topics: number;
  frames: number;
  bytes: number;
  connects: number;
  disconnects: number;
  /** Events that this leg brought first, and those that another had brought before. */
  first: number | null;
  late: number | null;
  behind_ms: number | null;
}

export interface Connections { venues: VenueConnections[]; connections: Connection[] }

export interface Sink {
  name: string;
  shard: number;
  state: "open" | "troubled" | "retrying";
  problem: string;
  delivered: number;
  /** The journal has them, the sink not yet. */
  lag_events: number;
  /** It has taken them, and the journal holds them until they are safe. */
  unconfirmed_events: number;
  dead_letters: number;
  missed: number;
  retries: number;
}

export interface Stage {
  stage: string;
  of: string;
  count: number;
  mean_us: number; min_us: number; p50_us: number; p95_us: number;
  p99_us: number; p999_us: number; max_us: number;
}

/** The last 15 minutes, a point a second; columns of one length. */
export interface History {
  seconds: number[];
  events_per_second: (number | null)[];
  p50_us: (number | null)[];
  p99_us: (number | null)[];
  resident: (number | null)[];
  cores_used: (number | null)[];
}

export interface Performance {
  stages: Stage[];
  threads: { name: string; cpu: number }[];
  history: History;
}

/** Null where the allocator tells nothing, as in builds with a sanitizer. */
export interface Heap {
  resident: number;
  anonymous: number;
  heap_allocated: number | null;
  fragmentation: number | null;
  growth_per_hour: number | null;
  warnings: string[];
}

/** An estimate; bytes of each part. */
export interface HeapSites { parts: Record<"books" | "connections" | "journal" | "sinks" | "other", number> }

export interface Profile {
  state: "none" | "running" | "done" | "failed";
  problem: string;
  samples: number;
  bottleneck: string;
}

export interface Setting { key: string; value: string; origin: string }

export interface Fault { name: string; title: string; text: string }

export type Topic = "status" | "instruments" | "connections" | "sinks" | "performance" | "gaps";

/** What the live connection is asked for. */
export type Request =
  | { op: "watch"; topics: Topic[]; interval_ms: number }
  | { op: "book"; venue: string; name: string; depth: number; interval_ms: number }
  | { op: "book" };

/** What it answers. */
export type Message =
  | { topic: "status"; data: Status }
  | { topic: "instruments"; data: Instrument[] }
  | { topic: "connections"; data: Connections }
  | { topic: "sinks"; data: Sink[] }
  | { topic: "performance"; data: Performance }
  | { topic: "gaps"; data: GapEntry[] }
  | { topic: "book"; data: Book; trades: Trade[] }
  | { topic: "candles"; venue: string; symbol: string; data: Candle[] }
  | { topic: "error"; data: string };
