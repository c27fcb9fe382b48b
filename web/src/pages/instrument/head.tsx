// The instrument's name, state and main numbers.

import type { Instrument } from "../../api";
import { useCell } from "../../live/cell";
import { trades } from "../../live/store";
import { State } from "../../parts/icons";
import { ageText, basisPoints, countText, millisText, priceText } from "../../pure/format";

const kKinds: Record<string, string> = { spot: "Spot", perpetual: "Perpetual", future: "Future", option: "Option" };

/** The way of the last two different prices: a sign as well as a colour. */
function Last({ item }: { item: Instrument }) {
  const price = useCell(trades, (list) => list[0]?.price ?? null) ?? item.last_price;
  const before = useCell(trades, (list) => list.find((trade) => trade.price !== list[0]?.price)?.price ?? null);
  const up = before === null || price === null ? null : Number(price) > Number(before);
  return (
    <p class={`last num ${up === null ? "" : up ? "bid" : "ask"}`}>
      <span class="hidden">Last price </span>{priceText(price, item.tick)}
      {up !== null && <svg class="way" viewBox="0 0 12 12" aria-label={up ? "up" : "down"} role="img">
        <path d={up ? "M6 2 11 10H1Z" : "M6 10 1 2h10Z"} /></svg>}
    </p>
  );
}

export function Head({ item }: { item: Instrument }) {
  const facts: [string, string][] = [
    ["Spread", `${basisPoints(item.spread_bp)} bp`],
    ["Events/s", countText(item.events_per_second)],
    ["Age", ageText(item.age_ms)],
    ["To journal", millisText(item.latency_p50_us / 1000)],
    ["Gaps", countText(item.gaps)],
    ["Tick", item.tick ?? "–"],
    ["Legs", String(item.legs)],
  ];
  return (
    <header class="instrument-head">
      <div class="names">
        <h1>{item.instrument}</h1>
        <p><span>{item.venue}</span>{item.symbol !== item.instrument && <span>{item.symbol}</span>}
          {item.kind !== null && <span>{kKinds[item.kind] ?? item.kind}</span>}</p>
      </div>
      <Last item={item} />
      <div class="head-state"><State state={item.state} />{item.reason !== "" && <span class="why">{item.reason}</span>}</div>
      <dl class="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd class="num">{value}</dd></div>)}</dl>
    </header>
  );
}
