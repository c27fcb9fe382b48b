// A row of the list; drawn again only when what it shows changed.

import type { Instrument } from "../api";
import { ageText, basisPoints, countText, priceText } from "../pure/format";
import { go, instrumentHref } from "../route";
import { State } from "./icons";
import { memo } from "./memo";
import { Spark } from "./spark";

interface Props {
  item: Instrument;
  index: number;
  selected: boolean;
  points: readonly number[] | undefined;
  /** Points are added in place; the beat tells that there is a new one. */
  beat: number;
}

function shown(item: Instrument): string {
  return [item.state, item.reason, item.bid?.price, item.ask?.price, item.last_price, item.spread_bp,
    Math.round(item.events_per_second), ageText(item.age_ms), item.gaps].join(" ");
}

function same(a: Props, b: Props): boolean {
  return a.index === b.index && a.selected === b.selected && a.beat === b.beat
    && a.item.tick === b.item.tick && shown(a.item) === shown(b.item);
}

const kKinds: Record<string, string> = { perpetual: "perp", future: "future", option: "option" };

export const InstrumentRow = memo(({ item, index, selected, points }: Props) => {
  const href = instrumentHref(item.venue, item.symbol);
  const kind = item.kind === null ? undefined : kKinds[item.kind];
  const quiet = item.state !== "LIVE" && item.bid === null;
  return (
    <div role="row" class={`list-row ${selected ? "selected" : ""} ${quiet ? "quiet" : ""}`} aria-rowindex={index} aria-selected={selected}
      onClick={(event) => { if ((event.target as Element).closest("a") === null) go(href); }}>
      <div role="gridcell" class="c-state"><State state={item.state} /></div>
      <div role="gridcell" class="c-venue">{item.venue}</div>
      <div role="gridcell" class="c-instrument">
        <a href={href}>{item.instrument}</a>{kind !== undefined && <span class="kind">{kind}</span>}
        {quiet && item.reason !== "" && <span class="why">{item.reason}</span>}
      </div>
      <div role="gridcell" class="c-bid num bid">{priceText(item.bid?.price, item.tick)}</div>
      <div role="gridcell" class="c-ask num ask">{priceText(item.ask?.price, item.tick)}</div>
      <div role="gridcell" class="c-spread num">{basisPoints(item.spread_bp)}</div>
      <div role="gridcell" class="c-last num">{priceText(item.last_price, item.tick)}</div>
      <div role="gridcell" class="c-rate num"><Spark points={points} /><span>{countText(item.events_per_second)}</span></div>
      <div role="gridcell" class="c-age num">{ageText(item.age_ms)}</div>
      <div role="gridcell" class={`c-gaps num ${item.gaps > 0 ? "some" : ""}`}>{countText(item.gaps)}</div>
    </div>
  );
}, same);
