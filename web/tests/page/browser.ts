// The browser of the tests: the system's Chromium, and the address of a running program.

import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

export const kAddress = process.env.MP_URL ?? "http://127.0.0.1:8080";

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

export interface Shown { browser: Browser; context: BrowserContext; page: Page; problems: string[] }

/** Without a sandbox, as containers and CI run as root. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

export interface Options { width?: number; height?: number; theme?: Theme }

export async function opened(browser: Browser, { width = 1440, height = 900, theme = "light" }: Options = {}): Promise<Shown> {
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
  return { browser, context, page, problems };
}

/** The first live instrument whose book has a sequence, as a route. */
export async function instrumentHash(): Promise<string> {
  const { venue, symbol } = await instrument();
  return `#/instrument/${encodeURIComponent(venue)}/${encodeURIComponent(symbol)}`;
}

interface Listed { venue: string; symbol: string; instrument: string; state: string; bid: unknown }

export async function instrument(): Promise<Listed> {
  const list = (await (await fetch(`${kAddress}/api/v1/instruments`)).json()) as Listed[];
  const found = list.find((item) => item.state === "LIVE" && item.bid !== null);
  if (found === undefined) throw new Error(`${kAddress} has no live instrument with a book`);
  return found;
}

export async function visit(page: Page, { hash, ready }: { hash: string; ready: string }): Promise<void> {
  await page.goto(`${kAddress}/${hash === "" ? await instrumentHash() : hash}`);
  await page.locator("html[data-live]").waitFor({ state: "attached" });
  await page.locator(ready).first().waitFor();
}
