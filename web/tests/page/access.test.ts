// Keyboard, themes, and what axe-core finds.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { kPages, opened, visit, type Theme } from "./browser";


const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }

async function violations(page: Page): Promise<string[]> {
  // Evaluated by the browser's protocol: the policy of the server allows no script of others, and stays as it is.
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe.run;
    return (await run()).violations;
  });
  return found.filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`).join(" | ")}`);
}

for (const theme of ["light", "dark"] as Theme[]) {
  for (const width of [1440, 390]) {
    test(`axe finds nothing serious: ${theme}, ${width} px`, async () => {
      const { context, page } = await opened({ theme, width });
      for (const shown of kPages) {
        await visit(page, shown);
        assert.deepEqual(await violations(page), [], shown.name);
      }
      await context.close();
    });
  }
}

test("g and a letter goes to a page, ? shows the keys, Escape closes them", async () => {
  const { context, page } = await opened();
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  const ways: [string, string][] = [["s", "Sinks"], ["c", "Connections"], ["p", "Performance"], ["f", "Faults"], ["e", "Config"]];
  for (const [key, title] of ways) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
  }
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.locator(".list-body").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await context.close();
});

test("the list is searched and opened by keyboard alone, and the way back keeps the search", async () => {
  const { context, page } = await opened();
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  const name = (await page.locator(".list-body .c-instrument a").first().textContent()) ?? "";
  const venue = (await page.locator(".list-body .c-venue").first().textContent()) ?? "";
  await page.keyboard.press("/");
  await page.keyboard.type(`${venue} ${name}`);
  await page.keyboard.press("Enter");
  await page.locator(".list-row.selected").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name }).waitFor();
  await page.goBack();
  assert.equal(await page.getByRole("searchbox").inputValue(), `${venue} ${name}`);
  await page.keyboard.press("/");
  await page.keyboard.type(" nothing has such a name");
  await page.getByText("Nothing matches").waitFor();
  await context.close();
});

test("the first tab stop leads to the content", async () => {
  const { context, page } = await opened();
  await visit(page, { hash: "#/sinks", ready: ".panel" });
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the content" });
  assert.ok(await skip.evaluate((link) => link === document.activeElement));
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  assert.ok(page.url().endsWith("#/sinks"));
  await context.close();
});

test("the switch of colours is kept over a reload", async () => {
  const { context, page } = await opened({ theme: "light" });
  await visit(page, { hash: "#/", ready: ".list-body .list-row" });
  await page.getByRole("button", { name: "Dark colours" }).click();
  await page.reload();
  await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, "rgb(12, 14, 18)");
  await context.close();
});
