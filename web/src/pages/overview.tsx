// All instruments at a glance: headline numbers, the list, what happened last.

import { useEffect } from "preact/hooks";
import type { Performance } from "../api";
import { useCell } from "../live/cell";
import { beats, gaps, instruments, rates, rememberRates, status, watch } from "../live/store";
import { Empty, Figure, Panel, useAnswer } from "../parts/basic";
import { Happened } from "../parts/happened";
import { InstrumentList } from "../parts/instrument_list";
import { Spark } from "../parts/spark";
import { bytesText, countText, microsText, percentText, plural } from "../pure/format";

/** A list so long would keep the browser busy with reading alone. */
const kManyInstruments = 300;

function p99Of(answer: Performance | null): number | null {
  const known = answer?.history.p99_us.filter((value): value is number => value !== null) ?? [];
  return known[known.length - 1] ?? null;
}

function Headline() {
  const now = useCell(status);
  useCell(beats);
  // The topic brings a quarter of an hour each time; for one number an answer now and then is enough.
  const { data } = useAnswer<Performance>("performance", 5000);
  const known = data !== null;
  useEffect(() => { if (data !== null) rememberRates(data.history.events_per_second); }, [known]);
  if (now === null) return <dl class="headline" aria-busy="true" />;
  const { live, wanted } = now.instruments;
  const share = now.memory.resident === 0 ? null : now.memory.anonymous / now.memory.resident;
  return (
    <dl class="headline">
      <Figure label="Events a second" value={countText(now.rates.events_per_second)}
        note={`${countText(now.totals.events)} in all`}><Spark points={rates.get("")} /></Figure>
      <Figure label="Instruments live" value={countText(live)} unit={`of ${countText(wanted)}`} tone={live < wanted ? "warn" : ""}
        note={live === wanted ? "all that are wanted" : plural(wanted - live, "is not", "are not")} />
      <Figure label="Gaps" value={countText(now.totals.gaps)} note={`${plural(now.totals.missing, "message")} missing`} />
      <Figure label="Latency p99" value={microsText(p99Of(data))} note="received to stored" />
      <Figure label="Memory" value={bytesText(now.memory.resident)}
        note={share === null ? "resident" : `${percentText(share, 0)} anonymous`} />
    </dl>
  );
}

export function Overview() {
  const items = useCell(instruments);
  const happened = useCell(gaps);
  const many = (items?.length ?? 0) > kManyInstruments;
  useEffect(() => watch(["instruments", "gaps"], many ? 1000 : 250), [many]);
  return (
    <div class="page overview">
      <h1 class="hidden">Overview</h1>
      <Headline />
      {items === null ? <Panel title="Instruments"><Empty title="Waiting for the first data …" /></Panel>
        : items.length === 0 ? <Panel title="Instruments"><Empty title="No instruments yet">
          Name feeds when the collector is started, such as <code>marketprism run binance:BTC-USDT</code>.</Empty></Panel>
          : <InstrumentList items={items} />}
      <Panel title="What happened last" class="happened-panel"><Happened entries={happened} max={30} /></Panel>
    </div>
  );
}
