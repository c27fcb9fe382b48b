// Venues and the sockets to them.

import { useEffect } from "preact/hooks";
import type { Connection, VenueConnections } from "../api";
import { useCell } from "../live/cell";
import { connections, watch } from "../live/store";
import { Empty, Panel, Table, type Column } from "../parts/basic";
import { State } from "../parts/icons";
import { ageText, bytesText, clockText, countText, delayText, millisText, percentText, plural, shortCount } from "../pure/format";

function Availability({ share, over }: { share: number | null; over: string }) {
  const tone = share !== null && share < 0.999 ? (share < 0.99 ? "bad" : "warn") : "";
  return <div class={`figure small ${tone}`}><dt>{over}</dt><dd class="value">{percentText(share, 3)}</dd></div>;
}

function Venue({ venue }: { venue: VenueConnections }) {
  const { rest } = venue;
  const requests = [plural(rest.calls, "call"), `${rest.active} active`, `${rest.waiting} waiting`, `${rest.failed} failed`,
    `p95 ${millisText(rest.p95_ms)}`, `${percentText(rest.reuse, 0)} on a kept connection`];
  return (
    <Panel title={venue.venue} class="venue" aside={
      <span>{plural(venue.connects, "connect")}, {plural(venue.disconnects, "disconnect")}</span>}>
      <dl class="pair">
        <Availability share={venue.availability_1h} over="Available, last hour" />
        <Availability share={venue.availability_24h} over="Last 24 hours" />
      </dl>
      <p class="remark"><b>REST</b> {requests.join(", ")}.</p>
      {venue.last_problem !== "" && <p class="remark"><b>Last problem</b> {venue.last_problem}</p>}
    </Panel>
  );
}

/** Who brought most events of a venue first. */
function leaders(list: readonly Connection[]): Set<string> {
  const best = new Map<string, Connection>();
  const legs = new Map<string, number>();
  for (const item of list) {
    legs.set(item.venue, (legs.get(item.venue) ?? 0) + 1);
    if ((item.first ?? -1) > (best.get(item.venue)?.first ?? -1)) best.set(item.venue, item);
  }
  return new Set([...best.values()].filter((item) => (legs.get(item.venue) ?? 0) > 1).map((item) => item.name));
}

function columnsOf(ahead: Set<string>): Column<Connection>[] {
  return [
    { title: "State", cell: (c) => <State state={c.state} /> },
    { title: "Connection", cell: (c) => <><b>{c.name}</b>{ahead.has(c.name) && <span class="chip">leads</span>}
      {c.reason !== "" && <div class="detail">{c.reason}{c.retry_at !== null && `, again at ${clockText(c.retry_at)}`}</div>}</> },
    { title: "Leg", number: true, cell: (c) => c.leg },
    { title: "Round trip", number: true, cell: (c) => millisText(c.round_trip_ms) },
    { title: "Last frame", number: true, cell: (c) => ageText(c.age_ms) },
    { title: "Topics", number: true, cell: (c) => countText(c.topics) },
    { title: "Frames", number: true, cell: (c) => shortCount(c.frames) },
    { title: "Bytes", number: true, cell: (c) => bytesText(c.bytes) },
    // Who is alone races nobody.
    { title: "First", number: true, cell: (c) => ((c.first ?? 0) + (c.late ?? 0) === 0 ? "–"
      : percentText((c.first ?? 0) / ((c.first ?? 0) + (c.late ?? 0)), 1)) },
    { title: "Behind", number: true, cell: (c) => millisText(c.behind_ms) },
    { title: "Connects", number: true, cell: (c) => countText(c.connects) },
    { title: "Since", number: true, cell: (c) => clockText(c.since) },
    { title: "Delay", number: true, cell: (c) => delayText(c.delay_ms) },
  ];
}

export function Connections() {
  const now = useCell(connections);
  useEffect(() => watch(["connections"], 500), []);
  const list = now?.connections ?? [];
  return (
    <div class="page">
      <h1>Connections</h1>
      {now === null ? <Panel title="Venues"><Empty title="Waiting for the first data …" /></Panel>
        : <div class="venues">{now.venues.map((venue) => <Venue key={venue.venue} venue={venue} />)}</div>}
      {now !== null && <Panel title="Connections" aside={<span>“First”: share of events that this one brought before the others</span>}>
        {list.length === 0 ? <Empty title="No connection is open" />
          : <Table label="Connections" columns={columnsOf(leaders(list))} rows={list} keyOf={(c) => `${c.venue} ${c.name}`} />}
      </Panel>}
    </div>
  );
}
