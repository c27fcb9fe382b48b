// A tiny curve of the last minute. It shows form, not amounts: the number stands beside it.

import { kRatePoints } from "../live/store";

const kWidth = 60;
const kHeight = 16;
/** Fewer points look like a mark, and an area of few like a bar. */
const kLineMin = 5;
const kAreaMin = 12;

export function sparkPath(points: readonly number[]): { line: string; area: string } {
  if (points.length < kLineMin) return { line: "", area: "" };
  const high = Math.max(...points, 1e-9);
  // Form is what counts: the ground is a bit below the lowest point, not at nought.
  const low = 0.7 * Math.min(...points);
  const step = kWidth / (kRatePoints - 1);
  const start = kWidth - (points.length - 1) * step;
  const at = points.map((value, i) =>
    `${(start + i * step).toFixed(1)} ${(kHeight - 1 - ((value - low) / (high - low || 1)) * (kHeight - 2.5)).toFixed(1)}`);
  const line = `M${at.join("L")}`;
  return { line, area: points.length < kAreaMin ? "" : `${line}V${kHeight}H${start.toFixed(1)}Z` };
}

export function Spark({ points }: { points: readonly number[] | undefined }) {
  const { line, area } = sparkPath(points ?? []);
  return (
    <svg class="spark" viewBox={`0 0 ${kWidth} ${kHeight}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="spark-area" d={area} />
      <path class="spark-line" d={line} />
    </svg>
  );
}
