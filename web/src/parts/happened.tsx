// Gaps and the life of connections as a list of sentences, newest first.

import type { Condition, GapEntry } from "../api";
import { clockText } from "../pure/format";
import { conditionText, detailText } from "../pure/timeline";
import { Empty } from "./basic";
import { Shape, type Tone } from "./icons";
import { memo } from "./memo";

const kTones: Record<Condition, Tone> = {
  gap: "warn", disconnected: "bad", connected: "good", resynced: "good", healed: "good", rejected: "off", subscribed: "wait",
};

const Entry = memo(({ entry }: { entry: GapEntry }) => (
  <li>
    <Shape tone={kTones[entry.condition] ?? "wait"} />
    <div>
      <p><b>{conditionText(entry.condition)}</b> <span class="who">{entry.venue} {entry.instrument ?? ""}</span></p>
      {detailText(entry) !== "" && <p class="detail">{detailText(entry)}</p>}
    </div>
    <time class="num" dateTime={entry.ts}>{clockText(entry.ts)}</time>
  </li>
));

export function Happened({ entries, max }: { entries: readonly GapEntry[] | null; max: number }) {
  if (entries === null) return <Empty title="Waiting for the first data …" />;
  if (entries.length === 0) return <Empty title="Nothing was lost">No gap and no disconnect so far.</Empty>;
  return (
    <ol class="happened" tabIndex={0} aria-label="Newest first">
      {entries.slice(0, max).map((entry) => (
        <Entry key={`${entry.ts}${entry.venue}${entry.symbol}${entry.channel}${entry.condition}`} entry={entry} />
      ))}
    </ol>
  );
}
