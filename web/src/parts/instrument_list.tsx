// The list of instruments: search, order by column, keyboard; only the rows that are seen are drawn.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Instrument } from "../api";
import { useKeys } from "../keys";
import { useCell } from "../live/cell";
import { beats, rates } from "../live/store";
import { plural } from "../pure/format";
import { found, keyOf, ordered, type Order, type SortKey } from "../pure/listing";
import { scrollTo, windowOf } from "../pure/windowing";
import { go, instrumentHref } from "../route";
import { Empty, rem, useSize } from "./basic";
import { Icon } from "./icons";
import { InstrumentRow } from "./instrument_row";

const kColumns: { key: SortKey; title: string; number: boolean }[] = [
  { key: "state", title: "State", number: false },
  { key: "venue", title: "Venue", number: false },
  { key: "instrument", title: "Instrument", number: false },
  { key: "bid", title: "Bid", number: true },
  { key: "ask", title: "Ask", number: true },
  { key: "spread", title: "Spread bp", number: true },
  { key: "last", title: "Last", number: true },
  { key: "rate", title: "Events/s", number: true },
  { key: "age", title: "Age", number: true },
  { key: "gaps", title: "Gaps", number: true },
];

/** Kept while the page is open: who comes back from an instrument finds the list as it was. */
let kept: { text: string; order: Order; top: number } = { text: "", order: { key: "venue", down: false }, top: 0 };

function Heads({ order, by }: { order: Order; by: (key: SortKey) => void }) {
  return (
    <div role="row" class="list-row list-heads" aria-rowindex={1}>
      {kColumns.map(({ key, title, number }) => (
        <div key={key} role="columnheader" class={`c-${key} ${number ? "num" : ""}`}
          aria-sort={order.key !== key ? "none" : order.down ? "descending" : "ascending"}>
          <button type="button" class="head" onClick={() => by(key)}>
            {title}<span class="sort" aria-hidden="true">{order.key === key ? (order.down ? "↓" : "↑") : ""}</span>
          </button>
        </div>
      ))}
    </div>
  );
}

function useList(items: Instrument[]) {
  const [text, setText] = useState(kept.text);
  const [order, setOrder] = useState(kept.order);
  const rows = useMemo(() => ordered(found(items, text), order), [items, text, order]);
  const by = (key: SortKey) =>
    setOrder((now) => (now.key === key ? { key, down: !now.down } : { key, down: key === "rate" || key === "gaps" }));
  kept = { ...kept, text, order };
  return { text, setText, order, by, rows };
}

/** Rows are higher where they have two lines. */
function rowHeightAt(width: number): number {
  return Math.round((width < 720 ? 4 : 2.5) * rem());
}

export function InstrumentList({ items }: { items: Instrument[] }) {
  const { text, setText, order, by, rows } = useList(items);
  const [box, width, height] = useSize<HTMLDivElement>();
  const [top, setTop] = useState(kept.top);
  const [selected, setSelected] = useState<string | null>(null);
  const body = useRef<HTMLDivElement>(null);
  const beat = useCell(beats);
  const rowHeight = width === 0 ? 40 : rowHeightAt(width);
  const view = { top, height: height || 600, rowHeight, count: rows.length, around: 4 };
  const { first, end, before, after } = windowOf(view);

  useEffect(() => { if (box.current !== null) box.current.scrollTop = kept.top; }, []);

  const select = (index: number) => {
    const item = rows[Math.min(Math.max(0, index), rows.length - 1)];
    if (item === undefined) return;
    setSelected(keyOf(item));
    const to = scrollTo(rows.indexOf(item), { ...view, height: height - rowHeightAt(9999) });
    if (to !== null && box.current !== null) box.current.scrollTop = to;
  };
  useKeys((event) => {
    const at = rows.findIndex((item) => keyOf(item) === selected);
    if (event.key === "ArrowDown" || event.key === "j") select(at + 1);
    else if (event.key === "ArrowUp" || event.key === "k") select(at < 0 ? 0 : at - 1);
    else if (event.key === "Home") select(0);
    else if (event.key === "End") select(rows.length - 1);
    else if (event.key === "Enter" && at >= 0 && !(event.target as Element).closest("a, button")) {
      const item = rows[at] as Instrument;
      go(instrumentHref(item.venue, item.symbol));
    } else return false;
    return true;
  });
  const onScroll = () => {
    const now = box.current?.scrollTop ?? 0;
    kept.top = now;
    // Less than a row's scrolling changes no row.
    if (Math.floor(now / rowHeight) !== Math.floor(top / rowHeight)) setTop(now);
  };

  return (
    <section class="panel list" aria-label="Instruments">
      <header class="panel-head">
        <h2>Instruments</h2>
        <span class="count num" aria-live="polite">{rows.length === items.length ? plural(rows.length, "instrument")
          : `${rows.length} of ${plural(items.length, "instrument")}`}</span>
        <label class="search"><Icon name="search" /><span class="hidden">Search by venue, instrument or state</span>
          <input type="search" value={text} placeholder="Venue, instrument, state" spellcheck={false} autocomplete="off"
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => { if (event.key === "Enter" && rows.length > 0) { event.currentTarget.blur(); select(0); } }} />
          <kbd aria-hidden="true">/</kbd></label>
      </header>
      <div role="grid" aria-label="Instruments" aria-rowcount={rows.length + 1} class="list-grid" ref={box} onScroll={onScroll}
        tabIndex={0}>
        <div role="rowgroup"><Heads order={order} by={by} /></div>
        {rows.length > 0 && <div role="rowgroup" ref={body} class="list-body"
          style={{ paddingTop: `${before}px`, paddingBottom: `${after}px` }}>
          {rows.slice(first, end).map((item, i) => (
            <InstrumentRow key={keyOf(item)} item={item} index={first + i + 2} selected={selected === keyOf(item)}
              points={rates.get(keyOf(item))} beat={beat} />
          ))}
        </div>}
      </div>
      {rows.length === 0 && <Empty title={`Nothing matches “${text}”`}>
        <button type="button" class="quiet" onClick={() => setText("")}>Show all</button></Empty>}
    </section>
  );
}
