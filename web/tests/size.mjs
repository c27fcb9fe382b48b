// The weight of the page, compressed as a server would: the first load, and what pages bring later. Fails above the limit.

import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const kFirstLoadMax = 150_000;
const html = readFileSync("dist/index.html", "utf8");
const weight = (path) => {
  const bytes = readFileSync(path);
  // Fonts are compressed already.
  return path.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length;
};
const css = readdirSync("dist/assets").filter((name) => name.endsWith(".css") && html.includes(name));
const styles = css.map((name) => readFileSync(`dist/assets/${name}`, "utf8")).join("");
let first = weight("dist/index.html");
let later = 0;
for (const name of readdirSync("dist/assets")) {
  const size = weight(`dist/assets/${name}`);
  const isFirst = html.includes(name) || styles.includes(name);
  if (isFirst) first += size;
  else later += size;
  console.log(`${String(size).padStart(8)}  ${isFirst ? "first" : "later"}  ${name}`);
}
console.log(`${String(first).padStart(8)}  first load, of at most ${kFirstLoadMax}\n${String(later).padStart(8)}  later`);
if (first > kFirstLoadMax) process.exit(1);
