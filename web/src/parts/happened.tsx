// Gaps and the life of connections as a list of sentences, newest first.

import type { Condition, GapEntry } from "../api";
import { clockText } from "../pure/format";
import { conditionText, detailText, together, whoText } from "../pure/timeline";
import { Empty } from "./basic";
import { Shape, type Tone } from "./icons";
import { memo } from "./memo";

const kTones: Record<Condition, Tone> = {
  gap: "warn", disconnected: "bad", connected: "good", resynced: "good", healed: "good", rejected: "off", subscribed: "wait",
};

interface EntryProps { condition: Condition; ts: string; who: string; detail: string }

const Entry = memo(({ condition, ts, who, detail }: EntryProps) => (
  <li>
    <Shape tone={kTones[condition] ?? "wait"} />
    <div>
      <p><b>{conditionText(condition)}</b> <span class="who">{who}</span></p>
      {detail !== "" && <p class="detail">{detail}</p>}
    </div>
    <time class="num" dateTime={ts}>{clockText(ts)}</time>
  </li>
));

export function Happened({ entries, max }: { entries: readonly GapEntry[] | null; max: number }) {
  if (entries === null) return <Empty title="Waiting for the first data …" />;
  if (entries.length === 0) return <Empty title="Nothing was lost">No gap and no disconnect so far.</Empty>;
  return (
    <ol class="happened" tabIndex={0} aria-label="Newest first">
      {together(entries).slice(0, max).map((one) => (
        <Entry key={`${one.entry.ts.slice(0, 19)}${one.entry.venue}${one.entry.condition}${one.entry.reason}`}
          condition={one.entry.condition} ts={one.entry.ts} who={whoText(one)} detail={detailText(one)} />
      ))}
    </ol>
  );
}
