// How fast events pass through, and what that costs.

import { useEffect } from "preact/hooks";
import type { Heap, HeapSites, History, Stage } from "../api";
import { useCell } from "../live/cell";
import { performance, status, watch } from "../live/store";
import { Bar, Empty, Figure, Panel, Table, useAnswer, type Column } from "../parts/basic";
import { Flame } from "../parts/flame";
import { Plot, type Line } from "../parts/plot";
import { bytesText, countText, microsText, percentText, shortCount } from "../pure/format";
import "../styles/performance.css";

const micros = (pick: (stage: Stage) => number) => (stage: Stage) => microsText(pick(stage));

const kColumns: Column<Stage>[] = [
  { title: "Stage", cell: (s) => <><b>{s.stage}</b> {s.of !== "" && <span class="of">{s.of}</span>}</> },
  { title: "Count", number: true, cell: (s) => shortCount(s.count) },
  { title: "Mean", number: true, cell: micros((s) => s.mean_us) },
  { title: "Min", number: true, cell: micros((s) => s.min_us) },
  { title: "p50", number: true, cell: micros((s) => s.p50_us) },
  { title: "p95", number: true, cell: micros((s) => s.p95_us) },
  { title: "p99", number: true, cell: micros((s) => s.p99_us) },
  { title: "p99.9", number: true, cell: micros((s) => s.p999_us) },
  { title: "Max", number: true, cell: micros((s) => s.max_us) },
];

const kRate: Line[] = [{ name: "Events a second", ink: "accent", fill: true, text: countText, pick: (h) => h.events_per_second }];
const kLatency: Line[] = [
  { name: "p50", ink: "accent", text: microsText, pick: (h) => h.p50_us },
  { name: "p99", ink: "ask", thin: true, text: microsText, pick: (h) => h.p99_us },
];
const kMemory: Line[] = [{ name: "Resident", ink: "accent", text: bytesText, pick: (h) => h.resident }];
const kCores: Line[] = [{ name: "Cores used", ink: "accent", fill: true, text: (v) => (v === null ? "–" : v.toFixed(2)), pick: (h) => h.cores_used }];

function Plots({ history }: { history: History }) {
  return (
    <div class="plots">
      <Panel title="Throughput"><Plot history={history} lines={kRate} /></Panel>
      <Panel title="Latency, received to stored" aside={<span>logarithmic</span>}><Plot history={history} lines={kLatency} log /></Panel>
      <Panel title="Memory"><Plot history={history} lines={kMemory} /></Panel>
      <Panel title="Processor"><Plot history={history} lines={kCores} /></Panel>
    </div>
  );
}

const kParts: [keyof HeapSites["parts"], string][] =
  [["books", "Books"], ["connections", "Connections"], ["journal", "Journal"], ["sinks", "Sinks"], ["other", "Other"]];

/** What is whose: of what the allocator sampled. */
function Shares() {
  const { data } = useAnswer<HeapSites>("heap/sites", 15_000);
  if (data === null) return null;
  const all = Math.max(1, ...kParts.map(([key]) => data.parts[key]));
  return <ul class="bars-list">{kParts.map(([key, name]) => (
    <li key={key}><Bar label={name} share={data.parts[key] / all} text={bytesText(data.parts[key])} /></li>))}</ul>;
}

function Parts() {
  const { data, failed } = useAnswer<Heap>("heap", 5000);
  if (data === null) return <Empty title={failed?.message ?? "Loading …"} />;
  const growth = data.growth_per_hour;
  return (
    <>
      <dl class="pair">
        <Figure label="Resident" value={bytesText(data.resident)} />
        <Figure label="Anonymous" value={bytesText(data.anonymous)} />
        {data.heap_allocated !== null && <Figure label="Heap in use" value={bytesText(data.heap_allocated)} />}
        {data.fragmentation !== null && <Figure label="Fragmented" value={percentText(data.fragmentation)} />}
        {growth !== null && <Figure label="Growth an hour" value={bytesText(growth)} />}
      </dl>
      {data.warnings.map((warning) => <p key={warning} class="remark"><b>{warning}</b></p>)}
      {data.heap_allocated !== null && <Shares />}
    </>
  );
}

function Threads({ threads }: { threads: { name: string; cpu: number }[] }) {
  const rows = [...threads].sort((a, b) => b.cpu - a.cpu);
  return <ul class="bars-list">{rows.map((thread) => (
    <li key={thread.name}><Bar label={thread.name} share={thread.cpu} text={`${(thread.cpu * 100).toFixed(1)} %`} /></li>))}</ul>;
}

export function PerformancePage() {
  const now = useCell(performance);
  const cores = useCell(status, (s) => (s === null ? "" : `${s.cpu.cores_used.toFixed(2)} of ${s.cpu.cores} cores`));
  useEffect(() => watch(["performance"], 1000), []);
  return (
    <div class="page">
      <h1>Performance</h1>
      {now === null ? <Panel title="Throughput"><Empty title="Waiting for the first data …" /></Panel> : <>
        <Plots history={now.history} />
        <Panel title="Stages" aside={<span>time of one event or frame in each</span>}>
          {now.stages.length === 0 ? <Empty title="Nothing was measured yet" />
            : <Table label="Stages" columns={kColumns} rows={now.stages} keyOf={(s) => `${s.stage} ${s.of}`} />}
        </Panel>
        <div class="halves">
          <Panel title="Threads" aside={<span>{cores}</span>}><Threads threads={now.threads} /></Panel>
          <Panel title="Memory, and whose it is"><Parts /></Panel>
        </div>
      </>}
      <Panel title="Flame graph"><Flame /></Panel>
    </div>
  );
}
