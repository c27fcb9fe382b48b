// How smooth the page is: npm run frames -- [SECONDS [EVENTS_PER_SECOND [PAGE]]]. Of a demo of MP_PROGRAM, or of the program at MP_URL.
// Prints a line for each page: the times between two frames, the work of the page in them, what comes by its WebSocket.

import { begin, end, kPages, opened, visit } from "./browser";

const seconds = Number(process.argv[2] ?? "20");
const rate = Number(process.argv[3] ?? "20000");
const only = process.argv[4];
const kVenues = 2;
const kSettleMs = 3000;
const kSlowMs = 50;

interface Intervals { times: number[]; longest: number }

/** In the page: the times between frames, and the longest task. */
function intervals(forMs: number): Promise<Intervals> {
  return new Promise((resolve) => {
    const times: number[] = [];
    let longest = 0;
    const observer = new PerformanceObserver((list) => { for (const task of list.getEntries()) longest = Math.max(longest, task.duration); });
    observer.observe({ type: "longtask" });
    const begun = performance.now();
    let last = begun;
    const frame = (now: number) => {
      if (now > last) times.push(now - last);
      last = now;
      if (now - begun < forMs) requestAnimationFrame(frame);
      else resolve({ times, longest });
    };
    requestAnimationFrame(frame);
  });
}

const share = (sorted: number[], part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;

await begin(rate / kVenues);
try {
  const { context, page } = await opened();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Performance.enable");
  let bytes = 0;
  let messages = 0;
  session.on("Network.webSocketFrameReceived", ({ response }) => {
    bytes += response.payloadData.length;
    messages++;
  });
  const work = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
    return { task: of("TaskDuration"), heap: of("JSHeapUsedSize") };
  };
  console.log("page         frames/s  median ms  p95 ms  > 50 ms  longest task  busy %   kB/s  messages/s  heap MB");
  for (const shown of kPages) {
    if (shown.name === "faults" || shown.name === "config" || shown.name !== (only ?? shown.name)) continue;
    await visit(page, shown);
    await page.waitForTimeout(kSettleMs);
    [bytes, messages] = [0, 0];
    const before = await work();
    const { times, longest } = await page.evaluate(intervals, seconds * 1000);
    const after = await work();
    times.sort((a, b) => a - b);
    const slow = times.filter((time) => time > kSlowMs).length;
    console.log([shown.name.padEnd(11), (times.length / seconds).toFixed(1).padStart(9), share(times, 0.5).toFixed(1).padStart(10),
      share(times, 0.95).toFixed(1).padStart(7), `${((100 * slow) / times.length).toFixed(1)} %`.padStart(8),
      `${longest.toFixed(0)} ms`.padStart(13), ((100 * (after.task - before.task)) / seconds).toFixed(1).padStart(7),
      (bytes / seconds / 1000).toFixed(0).padStart(6), (messages / seconds).toFixed(1).padStart(11),
      (after.heap / 1e6).toFixed(1).padStart(8)].join(" "));
  }
  await context.close();
} finally {
  await end();
}
