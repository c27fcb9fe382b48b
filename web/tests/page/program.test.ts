// The page from the first moment of a program, and over its end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { opened } from "./browser";
import { Program } from "./program";

const kStartMaxMs = 2000;
/** Who is slower by chance is not slow: a program that needs longer never does it in time. */
const kTries = 3;

/** How many times longer than alone a process takes here now, as others want the processor too. */
function crowded(): number {
  const kWorkMs = 100;
  const begun = Date.now();
  const before = process.cpuUsage();
  const worked = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  while (worked() < kWorkMs);
  return Math.max(1, (Date.now() - begun) / kWorkMs);
}

const skip = process.env.MP_PROGRAM === undefined ? "MP_PROGRAM names no program to start" : false;

test("the first book is on the page within two seconds of the start of the program", { skip }, async (run) => {
  const took: { ms: number; most: number }[] = [];
  while (took.length < kTries && !took.some(({ ms, most }) => ms <= most)) {
    const before = crowded();
    const { context, page } = await opened();
    const begun = Date.now();
    const program = await Program.start();
    await page.goto(`${program.url}/#/`, { waitUntil: "commit" });
    await page.locator(".list-body .list-row .c-bid").filter({ hasText: /\d/ }).first().waitFor();
    const ms = Date.now() - begun;
    took.push({ ms, most: Math.round(kStartMaxMs * Math.max(before, crowded())) });
    await context.close();
    await program.stop();
  }
  const told = took.map(({ ms, most }) => `${ms} of ${most} ms`).join(", ");
  run.diagnostic(told);
  assert.ok(took.some(({ ms, most }) => ms <= most), told);
});

test("a restart of the collector is survived, with a banner", { skip }, async () => {
  const first = await Program.start();
  const { context, page } = await opened();
  await page.goto(`${first.url}/#/`);
  const bids = page.locator(".list-body .list-row .c-bid").filter({ hasText: /\d/ });
  await bids.first().waitFor();
  await first.stop();
  await page.getByText(/No data since \d\d:\d\d:\d\d UTC, reconnecting/).waitFor();
  assert.equal(await page.locator("[data-banner=restart]").count(), 0);
  const second = await Program.start({ port: first.port });
  assert.equal(second.url, first.url);
  // It may wait as long as the longest pause between two tries to connect.
  await page.locator("[data-banner=restart]").waitFor({ timeout: 30_000 });
  await page.locator(".silence").waitFor({ state: "detached" });
  await page.locator(".top-state .state.good").waitFor();
  await bids.first().waitFor();
  await context.close();
  await second.stop();
});
