// A demo of its own: MP_PROGRAM, in a folder that goes with it.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const kStartMs = 60_000;
const kStopMs = 60_000;

export interface Wish {
  /** Messages a second and venue. */
  rate?: number;
  /** 0: a free one. */
  port?: number;
}

export class Program {
  private constructor(private readonly process: ChildProcess, private readonly folder: string, readonly url: string) {}

  /** Resolves as soon as it says where its page is. */
  static async start({ rate = 500, port = 0 }: Wish = {}): Promise<Program> {
    const program = process.env.MP_PROGRAM;
    if (program === undefined) throw new Error("MP_PROGRAM names no program to start");
    const folder = mkdtempSync(join(tmpdir(), "mp-page-"));
    const own = spawn(program, ["demo", "--plain", "--dir", join(folder, "data"), "--listen", `127.0.0.1:${port}`,
      "--rate", String(rate)], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    own.stderr?.on("data", (text) => { said += String(text); });
    const lines = createInterface({ input: own.stdout as NonNullable<typeof own.stdout> });
    const url = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${program} does not say where its page is: ${said}`)), kStartMs);
      // Its tables are read to the end: a full pipe would stop it.
      lines.on("line", (line) => {
        const found = /http:\/\/[\d.:]+/.exec(line);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found[0]);
      });
      own.once("error", reject);
      own.once("exit", (code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
    }).catch((problem: unknown) => {
      own.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
      throw problem;
    });
    return new Program(own, folder, url);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** As by Ctrl-C; it has to end well. */
  async stop(): Promise<void> {
    const code = await new Promise<number | null>((resolve) => {
      if (this.process.exitCode !== null) return resolve(this.process.exitCode);
      const timer = setTimeout(() => this.process.kill("SIGKILL"), kStopMs);
      this.process.once("exit", (ended) => {
        clearTimeout(timer);
        resolve(ended);
      });
      this.process.kill("SIGINT");
      return undefined;
    });
    rmSync(this.folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the program ended with ${code}`);
  }
}
