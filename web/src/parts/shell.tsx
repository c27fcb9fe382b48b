// The frame of all pages: rail or bottom bar, state of the collector, notices.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { helpShown, kPageKeys } from "../keys";
import { useCell } from "../live/cell";
import { silence, status } from "../live/store";
import { spanText } from "../pure/format";
import { hrefOf, route, type Page } from "../route";
import { switchTheme, theme } from "../theme";
import { Help } from "./help";
import { Icon, Shape, State } from "./icons";
import { Restarted, Silence } from "./notices";

function Rail({ page, faults }: { page: Page; faults: boolean }) {
  const shown = page === "instrument" ? "overview" : page;
  return (
    <nav class="rail" aria-label="Pages">
      <a class="brand" href="#/" aria-label="MarketPrism, overview">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M16 6 27 25H5Z" class="brand-prism" />
          <path d="M1 17.5 10.4 15M20.6 14 31 14.6M21.8 16.4 31 19.4M23 18.8l8 4.6" class="brand-rays" />
        </svg>
        <span>MarketPrism</span>
      </a>
      <ul>
        {kPageKeys.filter((entry) => entry.page !== "faults" || faults).map(({ page: to, title, key }) => (
          <li key={to}>
            <a href={hrefOf(to)} aria-current={to === shown ? "page" : undefined} title={`${title} (g ${key})`}>
              <Icon name={to} /><span>{title}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Top() {
  const state = useCell(status, (s) => s?.state ?? null);
  const reason = useCell(status, (s) => s?.reason ?? "");
  const who = useCell(status, (s) => (s === null ? "" : `pid ${s.pid} · ${s.version}`));
  const mode = useCell(status, (s) => s?.mode ?? null);
  const up = useCell(status, (s) => spanText(s?.uptime_seconds ?? null));
  const now = useCell(status, (s) => s?.now.slice(11, 19) ?? "");
  // The last state that was heard of says nothing about now.
  const silent = useCell(silence, (since) => since !== null);
  const dark = useCell(theme) === "dark";
  return (
    <div class="top">
      <div class="top-state" role="status">
        {silent ? <span class="state bad"><Shape tone="bad" />No data</span>
          : state === null ? <span class="state wait">Connecting …</span> : <State state={state} />}
        {mode === "demo" && <span class="chip">Demo, simulated venues</span>}
        {reason !== "" && !silent && <span class="top-reason">{reason}</span>}
      </div>
      <div class="top-facts num">
        {state !== null && <><span class="only-wide">{who}</span><span class="not-small">up {up}</span><span>{now} UTC</span></>}
      </div>
      <button type="button" class="quiet square" aria-label={dark ? "Light colours" : "Dark colours"} title="Light or dark (t)"
        onClick={switchTheme}><Icon name="theme" /></button>
      <button type="button" class="quiet square not-small" aria-label="Keyboard" title="Keyboard (?)"
        onClick={() => helpShown.set(true)}><Icon name="help" /></button>
    </div>
  );
}

export function Shell({ page, faults, children }: { page: Page; faults: boolean; children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const where = useCell(route);
  const first = useRef(true);
  // Before the page is painted, so that the focus is not taken from who is quicker.
  useLayoutEffect(() => {
    // Who goes to another page by key or link must hear and read on there, not in the rail.
    if (!first.current) main.current?.focus();
    first.current = false;
    main.current?.scrollTo(0, 0);
  }, [where]);
  const skip = (event: Event) => {
    // The address behind # is the page's; it must not change.
    event.preventDefault();
    main.current?.focus();
  };
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={skip}>Skip to the content</a>
      <Rail page={page} faults={faults} />
      <Top />
      <main id="main" ref={main} tabIndex={-1}>
        <Restarted />
        {children}
      </main>
      <Silence />
      <Help />
    </div>
  );
}
