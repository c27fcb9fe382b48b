// The last hour as a strip: what was missing, from when to when, and what mended it.

import { useMemo } from "preact/hooks";
import type { GapEntry } from "../../api";
import { useCell } from "../../live/cell";
import { status } from "../../live/store";
import { clockOf, clockText, percentText, plural } from "../../pure/format";
import { conditionText, marksOf, outagesOf } from "../../pure/timeline";

const kSpanMs = 3_600_000;
const kWidth = 1000;

/** Minutes are enough: the strip need not be drawn at every heartbeat. */
function useClock(): number {
  return useCell(status, (now) => (now === null ? 0 : Math.floor(Date.parse(now.now) / 5000) * 5000)) || Date.now();
}

export function Strip({ entries }: { entries: readonly GapEntry[] }) {
  const now = useClock();
  const { marks, outages } = useMemo(() => ({
    marks: marksOf(entries, now, kSpanMs).filter((mark) => mark.condition === "gap" || mark.condition === "disconnected"),
    outages: outagesOf(entries, now, kSpanMs),
  }), [entries, now]);
  const share = outages.reduce((sum, { from, to }) => sum + to - from, 0);
  const gapCount = marks.filter((mark) => mark.condition === "gap").length;
  const label = `${plural(gapCount, "gap")}, ${plural(marks.length - gapCount, "disconnect")} in the last hour; complete ${percentText(1 - share, 2)} of the time`;
  return (
    <figure class="strip">
      <svg viewBox={`0 0 ${kWidth} 30`} preserveAspectRatio="none" role="img" aria-label={label}>
        <rect class="strip-ground" x="0" y="10" width={kWidth} height="20" rx="0" />
        {outages.map(({ from, to }) => (
          <rect key={from} class="strip-out" x={from * kWidth} y="10" width={Math.max(2, (to - from) * kWidth)} height="20" />))}
        {marks.map(({ at, condition, entry }) => (
          <rect key={`${entry.ts}${condition}${entry.symbol}`} class={`strip-mark ${condition}`} x={Math.max(0, at * kWidth - 1)}
            y={condition === "gap" ? 4 : 0} width="2" height={condition === "gap" ? 26 : 30}>
            <title>{`${clockText(entry.ts)} ${conditionText(condition)}`}</title></rect>))}
      </svg>
      <div class="strip-scale num" aria-hidden="true">
        {[1, 0.75, 0.5, 0.25].map((part) => <span key={part}>{clockOf(now - part * kSpanMs).slice(0, 5)}</span>)}<span>now</span>
      </div>
      <figcaption>{label}.</figcaption>
    </figure>
  );
}
