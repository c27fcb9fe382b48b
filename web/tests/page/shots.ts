// Pictures of all pages: node shots.mjs FOLDER [SECONDS]. Seconds: how long a page gathers data first.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { kPages, launch, opened, visit, type Theme } from "./browser";

const folder = process.argv[2];
if (folder === undefined) throw new Error("Name the folder for the pictures: npm run shots -- FOLDER");
const gatherMs = Number(process.argv[3] ?? "3") * 1000;
const only = process.argv[4];
await mkdir(folder, { recursive: true });

const sizes = [{ width: 1440, height: 900 }, { width: 390, height: 844 }];
const browser = await launch();
for (const theme of ["light", "dark"] as Theme[]) {
  for (const size of sizes) {
    const { context, page } = await opened(browser, { ...size, theme });
    for (const shown of kPages) {
      if (only !== undefined && shown.name !== only) continue;
      await visit(page, shown);
      await page.waitForTimeout(gatherMs);
      if (size.width < 700) await whole(page);
      await page.screenshot({ path: join(folder, `${shown.name}-${size.width}-${theme}.png`) });
      await page.setViewportSize(size);
    }
    await context.close();
  }
}
await browser.close();

/** Narrow pages scroll: the picture shows all of it. */
async function whole(page: import("playwright-core").Page): Promise<void> {
  const height = await page.evaluate(() => {
    const main = document.querySelector("main");
    return main === null ? 844 : innerHeight + main.scrollHeight - main.clientHeight;
  });
  await page.setViewportSize({ width: 390, height: Math.min(height, 6000) });
}
