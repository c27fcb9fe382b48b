// The pictures of docs/screens.md: npm run shots -- [FOLDER [SECONDS [PAGE]]]. Of a demo of MP_PROGRAM that runs for so many
// seconds first, so that there is something to be seen; with MP_URL, of a program that runs already.

import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { begin, end, kPages, opened, posted, visit, type Theme } from "./browser";

const folder = process.argv[2] ?? "../docs/screens";
const gatherMs = Number(process.argv[3] ?? "600") * 1000;
const only = process.argv[4];

const kDemoRate = 2000;
const kBytesMax = 330_000;
/** Of a page that scrolls and is shown whole; what is below is more of the same. */
const kHeightMax = 2800;
const kProfileSeconds = 10;
/** How long a page shows itself first: its small curves have a point a second. */
const kShowMs: Record<string, number> = { overview: 61_000, sinks: 61_000, instrument: 3000 };

interface Shot { width: number; height: number; theme: Theme; pages?: string[] }
const kShots: Shot[] = [
  { width: 1440, height: 900, theme: "dark" },
  { width: 1440, height: 900, theme: "light", pages: ["overview", "instrument", "performance"] },
  { width: 390, height: 844, theme: "light" },
];

/** What an hour of a real day may bring, and a profile of it. */
async function live(ms: number): Promise<void> {
  const { context, page } = await opened();
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  const post = async (path: string) => {
    const status = await posted(page, path);
    if (status !== 204) throw new Error(`${path} is answered with ${status}`);
  };
  const wait = (share: number) => new Promise((resolve) => setTimeout(resolve, ms * share));
  await wait(0.4);
  await post("faults/drop-binance");
  await wait(0.2);
  await post("faults/reset-okx");
  await wait(0.4);
  await post(`profile?seconds=${kProfileSeconds}`);
  await context.close();
}

/** The page of faults tells of one that has just been injected. */
async function inject(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Reset the connections of binance" }).click();
  await page.locator(".outcome-now", { hasText: "8 of 8 instruments live" }).waitFor();
  await page.locator(".outcome-text", { hasText: /back, 4 books mended/ }).waitFor();
}

async function whole(page: Page, { width, height }: Shot): Promise<void> {
  const all = await page.evaluate(() => {
    const main = document.querySelector("main");
    return main === null ? 0 : innerHeight + main.scrollHeight - main.clientHeight;
  });
  await page.setViewportSize({ width, height: Math.min(Math.max(all, height), kHeightMax) });
}

await mkdir(folder, { recursive: true });
await begin(kDemoRate);
try {
  if (only === undefined) await live(gatherMs);
  for (const shot of kShots) {
    const { context, page } = await opened(shot);
    for (const shown of kPages) {
      if (only !== undefined && shown.name !== only) continue;
      if (shot.pages !== undefined && !shot.pages.includes(shown.name)) continue;
      await visit(page, shown);
      if (shown.name === "faults") await inject(page);
      if (shown.name === "performance") await page.locator(".flame-box").first().waitFor();
      await page.waitForTimeout(Math.min(kShowMs[shown.name] ?? 1500, gatherMs));
      if (shot.width < 700 || shown.name === "performance") await whole(page, shot);
      const path = join(folder, `${shown.name}-${shot.width}-${shot.theme}.png`);
      await page.screenshot({ path });
      const { size } = await stat(path);
      if (size > kBytesMax) throw new Error(`${path} has ${size} bytes, more than ${kBytesMax}`);
      console.log(`${String(size).padStart(8)}  ${path}`);
      await page.setViewportSize(shot);
    }
    await context.close();
  }
} finally {
  await end();
}
