// The browser of the tests: the system's Chromium, on a program that runs (MP_URL), or on a demo of MP_PROGRAM that is
// started for them.

import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { Program } from "./program";

/** Of the program that the tests share. */
let at = process.env.MP_URL ?? "http://127.0.0.1:8080";
let own: Program | null = null;
let browser: Browser | null = null;

export function address(): string {
  return at;
}

export async function begin(rate = 500): Promise<void> {
  browser = await launch();
  if (process.env.MP_URL !== undefined || process.env.MP_PROGRAM === undefined) return;
  own = await Program.start({ rate });
  at = own.url;
}

export async function end(): Promise<void> {
  await browser?.close();
  await own?.stop();
}

export type Theme = "light" | "dark";

export const kPages: readonly { name: string; hash: string; ready: string }[] = [
  { name: "overview", hash: "#/", ready: ".list-body .list-row" },
  { name: "instrument", hash: "", ready: "[data-ladder]" },
  { name: "sinks", hash: "#/sinks", ready: ".panel table, .panel .empty" },
  { name: "connections", hash: "#/connections", ready: ".venues .panel" },
  { name: "performance", hash: "#/performance", ready: ".u-over" },
  { name: "faults", hash: "#/faults", ready: ".fault, .empty" },
  { name: "config", hash: "#/config", ready: ".panel table" },
];

export interface Shown { context: BrowserContext; page: Page; problems: string[] }

/** Without a sandbox, as containers and CI run as root. */
function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

export interface Options { width?: number; height?: number; theme?: Theme }

export async function opened({ width = 1440, height = 900, theme = "light" }: Options = {}): Promise<Shown> {
  if (browser === null) throw new Error("begin() comes first");
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems: string[] = [];
  // A demo alone has faults to inject; elsewhere the browser itself reports the 404.
  const expected = (text: string, url: string) => text.includes("404") && url.endsWith("/faults");
  page.on("console", (message) => {
    if (message.type() === "error" && !expected(message.text(), message.location().url)) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  return { context, page, problems };
}

/** The first live instrument whose book has a sequence, as a route. */
export async function instrumentHash(): Promise<string> {
  const { venue, symbol } = await instrument();
  return `#/instrument/${encodeURIComponent(venue)}/${encodeURIComponent(symbol)}`;
}

interface Listed { venue: string; symbol: string; instrument: string; state: string; bid: unknown }

export async function instrument(): Promise<Listed> {
  const list = (await (await fetch(`${address()}/api/v1/instruments`)).json()) as Listed[];
  const found = list.find((item) => item.state === "LIVE" && item.bid !== null);
  if (found === undefined) throw new Error(`${address()} has no live instrument with a book`);
  return found;
}

export async function visit(page: Page, { hash, ready }: { hash: string; ready: string }): Promise<void> {
  await page.goto(`${address()}/${hash === "" ? await instrumentHash() : hash}`);
  await page.locator("html[data-live]").waitFor({ state: "attached" });
  await page.locator(ready).first().waitFor();
}

/** A change, asked for by the page: only the page itself gets the token. Answers the status. */
export async function posted(page: Page, path: string): Promise<number> {
  return await page.evaluate(async (to) => {
    const { token } = (await (await fetch("/api/v1/token")).json()) as { token: string };
    return (await fetch(`/api/v1/${to}`, { method: "POST", headers: { Authorization: `Bearer ${token}` } })).status;
  }, path);
}
