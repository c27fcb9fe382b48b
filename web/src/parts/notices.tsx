// What is wrong with the data as a whole: silence, a restart.

import { useCell } from "../live/cell";
import { restart, silence } from "../live/store";
import { clockOf, clockText } from "../pure/format";
import { Shape } from "./icons";

export function Silence() {
  const since = useCell(silence);
  if (since === null) return null;
  return (
    <div class="silence" role="alert">
      <div class="silence-card">
        <Shape tone="bad" />
        <div>
          <p class="silence-title">
            {since === "never" ? "The collector does not answer, reconnecting" : `No data since ${clockOf(since)} UTC, reconnecting`}
          </p>
          <p>{since === "never" ? "Is it running? The page goes on by itself as soon as it is."
            : "What is shown is old. The page goes on by itself as soon as data come."}</p>
        </div>
      </div>
    </div>
  );
}

export function Restarted() {
  const seen = useCell(restart);
  if (seen === null) return null;
  return (
    <div class="banner" role="status" data-banner="restart">
      <Shape tone="warn" />
      <p>The collector was started anew at {clockText(seen.started)} UTC: all counts begin again.
        {seen.otherVersion && " It is another version; load the page again to have its own."}</p>
      {seen.otherVersion && <button type="button" class="quiet" onClick={() => location.reload()}>Load again</button>}
      <button type="button" class="quiet" onClick={() => restart.set(null)}>Dismiss</button>
    </div>
  );
}
