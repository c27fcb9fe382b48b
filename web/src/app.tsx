// Which page is shown. Pages that draw charts are loaded when they are first opened.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Fault } from "./api";
import { useCell } from "./live/cell";
import { get, Refused } from "./live/rest";
import { status } from "./live/store";
import { Config } from "./pages/config";
import { Connections } from "./pages/connections";
import { Faults } from "./pages/faults";
import { Overview } from "./pages/overview";
import { Sinks } from "./pages/sinks";
import { Empty } from "./parts/basic";
import { Shell } from "./parts/shell";
import { route, type Page } from "./route";

type Lazy = "instrument" | "performance";

const kLazy: Record<Lazy, () => Promise<ComponentType>> = {
  instrument: () => import("./pages/instrument/page").then((part) => part.InstrumentPage),
  performance: () => import("./pages/performance").then((part) => part.PerformancePage),
};

function Later({ page }: { page: Lazy }) {
  const [part, setPart] = useState<{ page: Lazy; Shown: ComponentType } | "failed" | null>(null);
  useEffect(() => {
    kLazy[page]().then((Shown) => setPart({ page, Shown }), () => setPart("failed"));
  }, [page]);
  if (part === "failed") {
    return <Empty title="This part of the page could not be loaded.">Load the page again: the collector may be another version now.</Empty>;
  }
  return part === null || part.page !== page ? <Empty title="Loading …" /> : <part.Shown />;
}

function Shown({ page, faults }: { page: Page; faults: Fault[] | null }) {
  switch (page) {
    case "overview": return <Overview />;
    case "instrument":
    case "performance": return <Later page={page} />;
    case "sinks": return <Sinks />;
    case "connections": return <Connections />;
    case "faults": return <Faults faults={faults} />;
    case "config": return <Config />;
  }
}

/** Only a demo can be hurt; elsewhere the answer is 404 and the page does not exist. */
function useFaults(): Fault[] | null {
  const [faults, setFaults] = useState<Fault[] | null>(null);
  const pid = useCell(status, (s) => s?.pid ?? null);
  useEffect(() => {
    if (pid === null) return;
    get<Fault[]>("faults").then(setFaults, (failed: unknown) => {
      if (failed instanceof Refused && failed.status === 404) setFaults(null);
    });
  }, [pid]);
  return faults;
}

const kTitles: Record<Page, string> = {
  overview: "Overview", instrument: "Instrument", sinks: "Sinks", connections: "Connections",
  performance: "Performance", faults: "Faults", config: "Config",
};

export function App() {
  const { page, venue, name } = useCell(route);
  const faults = useFaults();
  useEffect(() => {
    document.title = `${page === "instrument" ? `${name} · ${venue}` : kTitles[page]} · MarketPrism`;
  }, [page, venue, name]);
  return <Shell page={page} faults={faults !== null}><Shown page={page} faults={faults} /></Shell>;
}
