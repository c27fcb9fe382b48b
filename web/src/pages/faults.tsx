// Faults to inject into a demo, and what came of them.

import { useEffect, useState } from "preact/hooks";
import type { Fault } from "../api";
import { useCell } from "../live/cell";
import { post, Refused } from "../live/rest";
import { gaps, status, watch } from "../live/store";
import { Empty, Panel } from "../parts/basic";
import { Happened } from "../parts/happened";
import { Icon, State } from "../parts/icons";
import { clockOf } from "../pure/format";
import { aftermath, aftermathText } from "../pure/timeline";

interface Injected { title: string; at: number; problem: string | null }

function Outcome({ injected }: { injected: Injected }) {
  const entries = useCell(gaps);
  const state = useCell(status, (s) => s?.state ?? null);
  const live = useCell(status, (s) => (s === null ? "" : `${s.instruments.live} of ${s.instruments.wanted} instruments live`));
  return (
    <div class="outcome" role="status">
      <p><span class="num">{clockOf(injected.at)}</span> <b>{injected.title}</b></p>
      <p class="outcome-text">{injected.problem ?? aftermathText(aftermath(entries ?? [], injected.at))}</p>
      {state !== null && <p class="outcome-now"><State state={state} /> {live}</p>}
    </div>
  );
}

/** By the collector's clock, which the entries are compared with; it may differ from the browser's. */
function collectorNow(): number {
  return status.value === null ? Date.now() : Date.parse(status.value.now);
}

export function Faults({ faults }: { faults: Fault[] | null }) {
  const [injected, setInjected] = useState<Injected | null>(null);
  const [busy, setBusy] = useState(false);
  const entries = useCell(gaps);
  useEffect(() => watch(["gaps"], 250), []);
  if (faults === null) {
    return <div class="page"><h1>Faults</h1><Panel title="Not here"><Empty title="There is nothing to break">
      Faults can be injected into <code>marketprism demo</code> only, whose venues are simulated.</Empty></Panel></div>;
  }
  const inject = async ({ name, title }: Fault) => {
    setBusy(true);
    const at = collectorNow();
    setInjected({ title, at, problem: null });
    try {
      await post(`faults/${encodeURIComponent(name)}`);
    } catch (failed) {
      setInjected({ title, at, problem: failed instanceof Refused ? failed.message : String(failed) });
    } finally {
      setBusy(false);
    }
  };
  const since = injected === null ? [] : (entries ?? []).filter((entry) => Date.parse(entry.ts) >= injected.at);
  return (
    <div class="page">
      <h1>Faults</h1>
      <p class="lead">Break the simulated venues on purpose, and see the collector notice and mend it.</p>
      <div class="faults">
        <div class="fault-cards">{faults.map((fault) => (
          <button key={fault.name} type="button" class="fault" disabled={busy} onClick={() => void inject(fault)}>
            <Icon name="faults" /><b>{fault.title}</b><span>{fault.text}</span></button>))}</div>
        <Panel title="What came of it">
          {injected === null ? <Empty title="Nothing injected yet">Choose a fault.</Empty>
            : <><Outcome injected={injected} />{since.length > 0 && <Happened entries={since} max={60} />}</>}
        </Panel>
      </div>
    </div>
  );
}
