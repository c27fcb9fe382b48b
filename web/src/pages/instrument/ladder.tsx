// The price ladder: sizes of bids left of the price, of asks right of it, so that the side is seen without colour.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Book, Instrument } from "../../api";
import { useCell } from "../../live/cell";
import { book, problem } from "../../live/store";
import { Empty, Panel, rem } from "../../parts/basic";
import { memo } from "../../parts/memo";
import { grouped, kUnknown, priceText } from "../../pure/format";
import { ladderOf, spreadOf, stepsOf, tickOf, type LadderRow, type Side } from "../../pure/ladder";

interface RowProps {
  side: Side; price: string; quantity: string; total: string; share: number; totalShare: number;
}

const Row = memo(({ side, price, quantity, total, share, totalShare }: RowProps) => (
  <div class={`rung ${side}`} role="row" data-side={side}>
    <span class="bars" aria-hidden="true">
      <i class="all" style={{ transform: `scaleX(${totalShare})` }} />
      <i class="own" style={{ transform: `scaleX(${share})` }} />
    </span>
    <span role="cell" class="rung-total">{grouped(total)}</span>
    <span role="cell" class="rung-quantity">{grouped(quantity)}</span>
    <span role="cell" class="rung-price">{grouped(price)}</span>
  </div>
));

function Rows({ side, rows, count }: { side: Side; rows: LadderRow[]; count: number }) {
  // Missing rows keep their place: the middle of the ladder must not jump.
  const filled = Array.from({ length: count }, (_, i) => rows[i] ?? null);
  if (side === "ask") filled.reverse();
  return <>{filled.map((row, i) => (row === null
    ? <div key={i} class="rung none" aria-hidden="true" />
    : <Row key={i} side={side} price={row.price} quantity={row.quantity} total={row.total}
      share={row.share} totalShare={row.totalShare} />))}</>;
}

function Middle({ now, tick }: { now: Book; tick: string }) {
  const bid = now.bids[0]?.[0];
  const ask = now.asks[0]?.[0];
  const spread = bid === undefined || ask === undefined ? null : spreadOf(bid, ask);
  return (
    <div class="rung middle" role="row">
      <span role="cell" class="middle-cell num"><span>Spread</span> <b>{spread === null ? kUnknown : priceText(spread, tick)}</b></span>
    </div>
  );
}

/** As many rows as the screen has place for; the same on both sides. */
function useRows(): number {
  const count = () => {
    const unit = rem();
    if (innerWidth < 900) return 10;
    return Math.max(10, Math.min(30, Math.floor((innerHeight / unit - 16.5) / 2 / 1.375)));
  };
  const [rows, setRows] = useState(count);
  useEffect(() => {
    const look = () => setRows(count());
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  }, []);
  return rows;
}

function Steps({ steps, index, onStep }: { steps: string[]; index: number; onStep: (index: number) => void }) {
  return (
    <label class="choice"><span>Step</span>
      <select value={String(index)} onChange={(event) => onStep(Number(event.currentTarget.value))}>
        {steps.map((step, i) => <option key={step} value={String(i)}>{step}</option>)}
      </select></label>
  );
}

export function LadderPanel({ item, stepIndex, onStep }: {
  item: Instrument; stepIndex: number; onStep: (index: number) => void;
}) {
  const now = useCell(book);
  const trouble = useCell(problem);
  const places = useRef(0);
  const count = useRows();
  const tick = tickOf(item.tick, now === null ? [] : [...now.bids, ...now.asks]);
  const steps = stepsOf(tick);
  const step = steps[stepIndex] ?? tick;
  const aside = <Steps steps={steps} index={stepIndex} onStep={onStep} />;
  if (now === null || (now.bids.length === 0 && now.asks.length === 0)) {
    return <Panel title="Book" class="ladder-panel" aside={aside}>
      <Empty title={item.state === "LIVE" || now === null ? "Waiting for the book …" : "No book"}>{item.reason || trouble || undefined}</Empty></Panel>;
  }
  const ladder = ladderOf(now.bids, now.asks, { step, rows: count, places: places.current });
  places.current = ladder.places;
  return (
    <Panel title="Book" class="ladder-panel" aside={aside}>
      {now.state === "GAP" && <p class="ladder-gap">A gap: the book is being taken anew, what is shown is the last good one.</p>}
      <div class="ladder num" role="table" aria-label="Order book" data-ladder data-sequence={now.sequence ?? ""}
        data-event={now.ts_event ?? ""} data-step={step}>
        <div class="rung heads" role="row">
          <span role="columnheader" class="h-total">Total</span><span role="columnheader" class="h-quantity">Bid size</span>
          <span role="columnheader" class="h-price">Price</span><span role="columnheader" class="h-quantity ask">Ask size</span>
          <span role="columnheader" class="h-total ask">Total</span>
        </div>
        <Rows side="ask" rows={ladder.asks} count={count} />
        <Middle now={now} tick={tick} />
        <Rows side="bid" rows={ladder.bids} count={count} />
      </div>
      <footer class="ladder-foot num">
        <span>{now.bid_levels} bids, {now.ask_levels} asks</span><span>{now.sequence === null ? "" : `# ${now.sequence}`}</span>
      </footer>
    </Panel>
  );
}
