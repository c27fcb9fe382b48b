// Where events go, and how far each destination is behind.

import { useEffect } from "preact/hooks";
import type { Sink, Status } from "../api";
import { useCell } from "../live/cell";
import { beats, kSinkKey, rates, sinks, status, watch } from "../live/store";
import { Empty, Meter, Panel, Table, type Column } from "../parts/basic";
import { State } from "../parts/icons";
import { Spark } from "../parts/spark";
import { bytesText, countText, plural } from "../pure/format";

function Rate({ sink }: { sink: Sink }) {
  useCell(beats);
  const points = rates.get(`${kSinkKey}${sink.name} ${sink.shard}`);
  return <span class="rate-cell"><Spark points={points} /><span>{countText(points?.[points.length - 1] ?? null)}</span></span>;
}

const kColumns: Column<Sink>[] = [
  { title: "State", cell: (sink) => <State state={sink.state} /> },
  { title: "Sink", cell: (sink) => <><b>{sink.name}</b>{sink.shard !== 0 && <span class="kind">shard {sink.shard}</span>}</> },
  { title: "Events/s", number: true, cell: (sink) => <Rate sink={sink} /> },
  { title: "Behind", number: true, cell: (sink) => countText(sink.lag_events) },
  { title: "Delivered", number: true, cell: (sink) => countText(sink.delivered) },
  { title: "Unconfirmed", number: true, cell: (sink) => countText(sink.unconfirmed_events) },
  { title: "Dead letters", number: true, cell: (sink) => <span class={sink.dead_letters > 0 ? "some" : ""}>{countText(sink.dead_letters)}</span> },
  { title: "Missed", number: true, cell: (sink) => <span class={sink.missed > 0 ? "some" : ""}>{countText(sink.missed)}</span> },
  { title: "Retries", number: true, cell: (sink) => countText(sink.retries) },
];

function Problems({ list }: { list: Sink[] }) {
  const bad = list.filter((sink) => sink.problem !== "");
  if (bad.length === 0) return null;
  return <ul class="problems">{bad.map((sink) => (
    <li key={sink.name}><State state={sink.state} /><p><b>{sink.name}</b> {sink.problem}</p></li>))}</ul>;
}

function Journal({ now }: { now: Status }) {
  const { journal, disk } = now;
  return (
    <Panel title="Journal" aside={<span>{plural(journal.segments, "segment")}</span>}>
      <div class="meters">
        <Meter label="Held" share={journal.bytes_max === 0 ? 0 : journal.bytes / journal.bytes_max}
          text={`${bytesText(journal.bytes)} of ${bytesText(journal.bytes_max)}`} />
        <Meter label="Disk used" share={disk.size === 0 ? 0 : 1 - disk.free / disk.size}
          text={`${bytesText(disk.free)} free of ${bytesText(disk.size)}`} />
      </div>
      <p class="remark">{countText(journal.appended)} events of this run. A sink that fell behind goes on from here.
        {!journal.has_room && <b> The disk is full: events are kept in memory, or dropped and marked.</b>}</p>
    </Panel>
  );
}

export function Sinks() {
  const list = useCell(sinks);
  const now = useCell(status);
  useEffect(() => watch(["sinks"], 500), []);
  return (
    <div class="page">
      <h1>Sinks</h1>
      <Panel title="Destinations" aside={<span>“Unconfirmed”: taken, and held by the journal until they are safe</span>}>
        {list === null ? <Empty title="Waiting for the first data …" />
          : list.length === 0 ? <Empty title="No sinks">Events are kept in the journal only. Name a sink in the configuration to have them elsewhere too.</Empty>
            : <><Problems list={list} /><Table label="Sinks" columns={kColumns} rows={list} keyOf={(sink) => sink.name} /></>}
      </Panel>
      {now !== null && <Journal now={now} />}
    </div>
  );
}
