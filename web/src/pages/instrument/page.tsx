// One instrument: its book, trades, candles, gaps and channels.

import { useEffect, useMemo } from "preact/hooks";
import type { Instrument } from "../../api";
import { useKeys } from "../../keys";
import { Cell, useCell } from "../../live/cell";
import { gaps, instruments, problem, watch, watchBook } from "../../live/store";
import { Empty, Panel } from "../../parts/basic";
import { Happened } from "../../parts/happened";
import { ordered } from "../../pure/listing";
import { concerning } from "../../pure/timeline";
import { go, instrumentHref, route } from "../../route";
import { CandleChart } from "./candles";
import { Channels } from "./channels";
import { Depth } from "./depth";
import { Head } from "./head";
import { LadderPanel } from "./ladder";
import { Strip } from "./strip";
import { Tape } from "./tape";
import "../../styles/instrument.css";

/** Levels a side, for the curve; coarser steps of the ladder need more. */
const kDepths: readonly number[] = [100, 250, 500, 500];

/** Which of the steps the ladder has: 0 is the tick. Kept while the page is open. */
const stepIndex = new Cell<number>(0);

function beside(by: number, venue: string, name: string): void {
  const list = ordered(instruments.value ?? [], { key: "venue", down: false });
  const at = list.findIndex((item) => item.venue === venue && (item.symbol === name || item.instrument === name));
  const next = list[(at + by + list.length) % list.length];
  if (next !== undefined) go(instrumentHref(next.venue, next.symbol));
}

function found(list: Instrument[] | null, venue: string, name: string): Instrument | null {
  return list?.find((item) => item.venue === venue && (item.symbol === name || item.instrument === name)) ?? null;
}

function Gaps({ venue, symbol }: { venue: string; symbol: string }) {
  const entries = useCell(gaps);
  const own = useMemo(() => concerning(entries ?? [], venue, symbol), [entries, venue, symbol]);
  return (
    <Panel title="Gaps, last hour" class="gaps-panel">
      <Strip entries={own} />
      <Happened entries={entries === null ? null : own} max={12} />
    </Panel>
  );
}

export function InstrumentPage() {
  const { venue, name } = useCell(route);
  const item = useCell(instruments, (list) => found(list, venue, name));
  const known = useCell(instruments, (list) => list !== null);
  const trouble = useCell(problem);
  const step = useCell(stepIndex);
  useEffect(() => watch(["instruments", "gaps"], 250), []);
  useEffect(() => watchBook({ venue, name, depth: kDepths[step] ?? 100 }), [venue, name, step]);
  useEffect(() => () => watchBook(null), []);
  useKeys((event) => {
    if (event.key === "[") beside(-1, venue, name);
    else if (event.key === "]") beside(1, venue, name);
    else if (event.key === "-") stepIndex.set(Math.max(0, step - 1));
    else if (event.key === "+" || event.key === "=") stepIndex.set(Math.min(kDepths.length - 1, step + 1));
    else return false;
    return true;
  });
  if (item === null) {
    return <div class="page"><h1>{name}</h1><Panel title={venue}>{known
      ? <Empty title={trouble ?? `${venue} has no ${name} here`}><a href="#/">All instruments</a></Empty>
      : <Empty title="Waiting for the first data …" />}</Panel></div>;
  }
  return (
    <div class="page instrument">
      <Head item={item} />
      <LadderPanel key={`${venue} ${item.symbol}`} item={item} stepIndex={step} onStep={(to) => stepIndex.set(to)} />
      <CandleChart tick={item.tick} />
      <Depth tick={item.tick} />
      <Tape tick={item.tick} />
      <Gaps venue={venue} symbol={item.symbol} />
      <Channels item={item} />
    </div>
  );
}
