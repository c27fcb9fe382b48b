// Writes src/licences.txt: the terms of all that the page brings along, from the packages themselves.
// `npm run licences` after a change of dependencies.

import { existsSync, readFileSync, writeFileSync } from "node:fs";

const kPackages = ["preact", "uplot", "lightweight-charts", "fancy-canvas", "@fontsource-variable/inter"];
const kNotices = {
  "lightweight-charts": "TradingView Lightweight Charts(tm), Copyright (c) 2026 TradingView, Inc. https://www.tradingview.com/",
  // Its package names author and licence, but has no text of it.
  "fancy-canvas": "By smakarov@tradingview.com. Terms of the MIT licence, as of preact above.",
};

const parts = kPackages.map((name) => {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const text = existsSync(`${folder}/LICENSE`) ? readFileSync(`${folder}/LICENSE`, "utf8").trim() : "";
  return [`${name} ${version}, ${license}`, kNotices[name] ?? "", text].filter((part) => part !== "").join("\n\n");
});
writeFileSync("src/licences.txt", `${parts.join(`\n\n${"-".repeat(78)}\n\n`)}\n`);
