// The page against a running program (MP_URL): it is live at once, it shows what the API says, and it says when it does not.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page, WebSocketRoute } from "playwright-core";
import { address, instrument, instrumentHash, kPages, opened, posted, visit } from "./browser";


test("is live within two seconds of its load", async () => {
  const { context, page, problems } = await opened();
  await page.goto(`${address()}/#/`, { waitUntil: "load" });
  const begun = Date.now();
  await page.locator(".list-body .list-row .c-bid").filter({ hasText: /\d/ }).first().waitFor();
  assert.ok(Date.now() - begun < 2000, `took ${Date.now() - begun} ms`);
  assert.deepEqual(problems, []);
  await context.close();
});

test("no page breaks the policy of the server or has an error", async () => {
  const { context, page, problems } = await opened();
  for (const shown of kPages) await visit(page, shown);
  assert.deepEqual(problems, []);
  await context.close();
});

interface Compared { sequence: number; rows: number; wrong: string[] }

/** In the page: ladders as they are drawn and books as the API tells them, until both had the same sequence. */
async function compared(path: string): Promise<Compared | null> {
  type Rows = { bids: string[][]; asks: string[][] };
  const plain = (text: string) => (text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text).replace(/,/g, "");
  const ladder = document.querySelector<HTMLElement>("[data-ladder]");
  if (ladder === null) return null;
  const drawn = new Map<number, Rows>();
  const told = new Map<number, Rows>();
  const side = (name: string) => [...ladder.querySelectorAll(`[data-side=${name}]`)].map((row) =>
    [".rung-price", ".rung-quantity"].map((cell) => plain(row.querySelector(cell)?.textContent ?? "")));
  const look = () => { drawn.set(Number(ladder.dataset.sequence), { bids: side("bid"), asks: side("ask").reverse() }); };
  const observer = new MutationObserver(look);
  observer.observe(ladder, { attributes: true, subtree: true, characterData: true, childList: true });
  look();
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    const book = (await (await fetch(path)).json()) as Rows & { sequence: number };
    const cut = (levels: string[][]) => levels.map((level) => level.map(plain));
    told.set(book.sequence, { bids: cut(book.bids), asks: cut(book.asks) });
    await new Promise(requestAnimationFrame);
    const sequence = [...told.keys()].find((key) => drawn.has(key));
    const [page, api] = sequence === undefined ? [] : [drawn.get(sequence), told.get(sequence)];
    if (sequence === undefined || page === undefined || api === undefined) continue;
    observer.disconnect();
    const wrong = (["bids", "asks"] as const).flatMap((name) => page[name].flatMap((row, i) =>
      (row.join() === api[name][i]?.join() ? [] : [`${name} ${i}: page ${row.join(" ")}, API ${api[name][i]?.join(" ")}`])));
    return { sequence, rows: page.bids.length + page.asks.length, wrong };
  }
  return null;
}

test("the ladder is the book of the API, level by level", async () => {
  const { context, page } = await opened();
  const { venue, symbol } = await instrument();
  await visit(page, { hash: await instrumentHash(), ready: "[data-ladder]" });
  const path = `/api/v1/books/${encodeURIComponent(venue)}/${encodeURIComponent(symbol)}?depth=100`;
  const result = await page.evaluate(compared, path);
  assert.ok(result !== null, "no sequence was both drawn and told within 15 seconds");
  assert.ok(result.rows >= 10, `only ${result.rows} rows`);
  assert.deepEqual(result.wrong, []);
  await context.close();
});

/** Uncompressed, as the program sends it: it serves one machine first. */
const kFirstLoadMax = 160_000;

type Message = { topic: string; data: Record<string, unknown> };

/** Stands between page and program: may change what comes, or hold it back. */
async function between(page: Page, change: (message: Message) => Message | null): Promise<void> {
  await page.routeWebSocket(/\/api\/v1\/live$/, (route: WebSocketRoute) => {
    const server = route.connectToServer();
    server.onMessage((text) => {
      const changed = change(JSON.parse(String(text)) as Message);
      if (changed !== null) route.send(JSON.stringify(changed));
    });
  });
}

test("says that data are old after three seconds of silence, and goes on by itself", async () => {
  const { context, page } = await opened();
  let silent = false;
  await between(page, (message) => (silent ? null : message));
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  assert.equal(await page.locator(".silence").count(), 0);
  silent = true;
  await page.getByText(/No data since \d\d:\d\d:\d\d UTC, reconnecting/).waitFor({ timeout: 6000 });
  assert.equal(await page.locator(".top-state .state").textContent(), "No data");
  silent = false;
  await page.locator(".silence").waitFor({ state: "detached" });
  await context.close();
});

test("a connection that ends is opened again", async () => {
  const { context, page } = await opened();
  let opens = 0;
  await page.routeWebSocket(/\/api\/v1\/live$/, (route) => {
    opens++;
    const server = route.connectToServer();
    const first = opens === 1;
    server.onMessage((text) => {
      route.send(text);
      if (first) void route.close({ code: 1011 });
    });
  });
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  assert.ok(opens >= 2);
  await context.close();
});

test("a collector that was started anew is announced, until dismissed", async () => {
  const { context, page } = await opened();
  let pid: number | null = null;
  await between(page, (message) => {
    if (message.topic === "status" && pid !== null) message.data.pid = pid;
    return message;
  });
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  const banner = page.locator("[data-banner=restart]");
  assert.equal(await banner.count(), 0);
  pid = 1;
  await banner.waitFor();
  await banner.getByRole("button", { name: "Dismiss" }).click();
  await banner.waitFor({ state: "detached" });
  await context.close();
});

/** All that may be unknown is unknown, all that may be empty is empty: a collector in its first second. */
function unknown(message: Message): Message {
  const rows = message.data as unknown as Record<string, unknown>[];
  if (message.topic === "instruments") {
    const none = { bid: null, ask: null, last_price: null, spread_bp: null, age_ms: null, delay_ms: null, tick: null, kind: null, channels: [] };
    for (const row of rows) Object.assign(row, none, { state: "WAITING", reason: "no listing has named it yet" });
  } else if (message.topic === "book") {
    Object.assign(message.data, { bids: [], asks: [], sequence: null, ts_event: null, state: "WAITING" });
  } else if (message.topic === "performance") {
    const columns = { seconds: [], events_per_second: [], p50_us: [], p99_us: [], resident: [], cores_used: [] };
    Object.assign(message.data, { stages: [], threads: [], history: columns });
  } else if (message.topic === "connections") {
    Object.assign(message.data, { connections: [] });
  } else if (["gaps", "sinks", "candles"].includes(message.topic)) {
    rows.length = 0;
  }
  return message;
}

test("bears a collector that knows nothing yet", async () => {
  const { context, page, problems } = await opened();
  await between(page, unknown);
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  await page.getByText("no listing has named it yet").first().waitFor();
  await visit(page, { hash: "", ready: ".ladder-panel .empty" });
  await visit(page, { hash: "#/sinks", ready: ".panel .empty" });
  await visit(page, { hash: "#/connections", ready: ".panel .empty" });
  await visit(page, { hash: "#/performance", ready: ".u-over" });
  await page.getByText("Nothing was measured yet").waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("of a thousand instruments only those that are seen are drawn, and the last can be reached", async () => {
  const { context, page } = await opened();
  await between(page, (message) => {
    if (message.topic !== "instruments") return message;
    const list = message.data as unknown as Record<string, unknown>[];
    const many = Array.from({ length: 1000 }, (_, i) => ({ ...list[i % list.length], venue: "many", symbol: `S${i}`, instrument: `I${String(i).padStart(4, "0")}` }));
    return { topic: "instruments", data: many as unknown as Record<string, unknown> };
  });
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  const rows = page.locator(".list-body .list-row");
  assert.ok((await rows.count()) < 60, `${await rows.count()} rows are drawn`);
  await page.keyboard.press("End");
  await page.getByText("I0999").waitFor();
  assert.ok((await rows.count()) < 60, `${await rows.count()} rows are drawn`);
  assert.equal(await page.getByRole("grid").getAttribute("aria-rowcount"), "1001");
  await context.close();
});

for (const width of [360, 390, 1440]) {
  test(`no page is wider than a screen of ${width} px`, async () => {
    const { context, page } = await opened({ width, height: 740 });
    for (const shown of kPages) {
      await visit(page, shown);
      const [inner, outer] = await page.evaluate(() => {
        const main = document.querySelector("main");
        return [Math.max(main?.scrollWidth ?? 0, document.documentElement.scrollWidth), innerWidth];
      });
      assert.ok((inner ?? 0) <= (outer ?? 0), `${shown.name} is ${inner} px wide`);
    }
    await context.close();
  });
}

test("the first load is small", async () => {
  const { context, page } = await opened();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", (done) => { bytes += done.encodedDataLength; });
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  assert.ok(bytes > 50_000 && bytes < kFirstLoadMax, `${bytes} bytes`);
  await context.close();
});

test("a profile that the collector made of itself is drawn as a flame graph", async () => {
  const { context, page, problems } = await opened();
  await visit(page, { hash: "#/performance", ready: ".flame-choices" });
  assert.equal(await posted(page, "profile?seconds=2"), 204);
  await page.reload();
  await page.locator(".flame-box").first().waitFor();
  assert.ok((await page.locator(".flame-box").count()) > 5);
  await page.locator(".flame-box").nth(1).hover();
  await page.locator(".flame-name", { hasText: /samples/ }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("a fault that is injected is told, with what came of it", async () => {
  const { context, page, problems } = await opened();
  await visit(page, { hash: "#/faults", ready: ".fault" });
  await page.getByRole("button", { name: "Lose a book update of binance BTC-USDT" }).click();
  await page.locator(".outcome-text", { hasText: /1 gap, 1 book mended/ }).waitFor();
  await page.locator(".outcome-now", { hasText: "8 of 8 instruments live" }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});
