// The configuration as it is in effect, and where each value came from. Read only.

import { useEffect, useState } from "preact/hooks";
import type { Setting } from "../api";
import { watch } from "../live/store";
import { Empty, Table, useAnswer, type Column } from "../parts/basic";
import { Icon } from "../parts/icons";
import { plural } from "../pure/format";

const kColumns: Column<Setting>[] = [
  { title: "Key", cell: (setting) => <code>{setting.key}</code> },
  { title: "Value", wide: true, cell: (setting) => <code class="setting">{setting.value === "" ? "(empty)" : setting.value}</code> },
  { title: "Origin", cell: (setting) => <span class={setting.origin === "default" ? "origin" : "origin own"}>{setting.origin}</span> },
];

export function Config() {
  const { data, failed } = useAnswer<Setting[]>("config");
  const [text, setText] = useState("");
  const [own, setOwn] = useState(false);
  useEffect(() => watch([], 500), []);
  const words = text.toLowerCase().split(/\s+/);
  const rows = (data ?? []).filter((setting) => (!own || setting.origin !== "default")
    && words.every((word) => `${setting.key} ${setting.value} ${setting.origin}`.toLowerCase().includes(word)));
  return (
    <div class="page">
      <h1>Config</h1>
      <section class="panel settings" aria-label="Settings">
        <header class="panel-head">
          <h2>In effect</h2>
          <span class="count num" aria-live="polite">{plural(rows.length, "setting")}</span>
          <label class="check"><input type="checkbox" checked={own} onChange={(event) => setOwn(event.currentTarget.checked)} />
            Only what was set</label>
          <label class="search"><Icon name="search" /><span class="hidden">Search by key, value or origin</span>
            <input type="search" value={text} placeholder="Key, value, origin" spellcheck={false} autocomplete="off"
              onInput={(event) => setText(event.currentTarget.value)} /><kbd aria-hidden="true">/</kbd></label>
        </header>
        {failed !== null && data === null ? <Empty title="The configuration could not be read">{failed.message}</Empty>
          : data === null ? <Empty title="Loading …" />
            : rows.length === 0 ? <Empty title="No setting matches" />
              : <Table label="Settings" columns={kColumns} rows={rows} keyOf={(setting) => setting.key} />}
      </section>
    </div>
  );
}
