// The list of keys, as a dialog of the browser: it keeps the focus and gives it back.

import { useEffect, useRef } from "preact/hooks";
import { helpShown, kOtherKeys, kPageKeys } from "../keys";
import licences from "../licences.txt?url";
import { useCell } from "../live/cell";

export function Help() {
  const shown = useCell(helpShown);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (shown) dialog.current?.showModal();
    else dialog.current?.close();
  }, [shown]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => helpShown.set(false)}
      onClick={(event) => { if (event.target === dialog.current) helpShown.set(false); }}>
      <div class="help-body">
        <header><h2 id="help-title">Keyboard</h2>
          <button type="button" class="quiet" onClick={() => helpShown.set(false)}>Close</button></header>
        <div class="help-columns">
          <dl>{kPageKeys.map(({ key, title }) => (
            <div key={key}><dt><kbd>g</kbd> <kbd>{key}</kbd></dt><dd>{title}</dd></div>))}</dl>
          <dl>{kOtherKeys.map(({ keys, title }) => (
            <div key={keys}><dt>{keys.split(" ").map((k) => (k === "or" ? " or " : <kbd key={k}>{k}</kbd>))}</dt><dd>{title}</dd></div>))}</dl>
        </div>
        <p class="help-foot"><a href={licences} target="_blank" rel="noopener">Licences of what this page is made of</a></p>
      </div>
    </dialog>
  );
}
