// The live connection: opens, opens again after growing pauses, and says since when it is silent.

import type { Message, Request } from "../api";

const kPauseMsMin = 250;
const kPauseMsMax = 8000;
/** The status comes every interval; so long without any message means that none will come. */
export const kSilenceMs = 3000;

export interface Listener {
  message(message: Message): void;
  /** Open: ask for what is wanted. */
  opened(): void;
  silent(sinceMs: number | null): void;
}

export class Socket {
  private socket: WebSocket | null = null;
  private attempts = 0;
  private heardMs: number | null = null;
  private openedMs = 0;
  private retry: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly url: string, private readonly listener: Listener) {}

  start(): void {
    this.open();
    setInterval(() => this.look(), 250);
    // A laptop that wakes, or a network that is back, need not wait for the end of a pause.
    addEventListener("online", () => this.again(0));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.look(); });
  }

  send(request: Request): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(request));
  }

  private open(): void {
    this.retry = null;
    this.openedMs = Date.now();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => { if (this.socket === socket) this.listener.opened(); };
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.socket !== socket) return;
      this.heardMs = Date.now();
      this.attempts = 0;
      this.listener.message(JSON.parse(event.data) as Message);
    };
    socket.onclose = () => { if (this.socket === socket) this.again(this.pauseMs()); };
  }

  private pauseMs(): number {
    const full = Math.min(kPauseMsMax, kPauseMsMin * 2 ** this.attempts++);
    // Many pages must not come back at the same moment.
    return full * (0.8 + 0.4 * Math.random());
  }

  private again(pauseMs: number): void {
    if (this.retry !== null) {
      if (pauseMs > 0) return;
      clearTimeout(this.retry);
    }
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.retry = setTimeout(() => this.open(), pauseMs);
  }

  private look(): void {
    const now = Date.now();
    const since = this.heardMs ?? this.openedMs;
    if (this.heardMs === null ? this.attempts > 0 : now - this.heardMs > kSilenceMs) this.listener.silent(this.heardMs);
    const waited = now - Math.max(since, this.openedMs);
    if (this.socket !== null && waited > kSilenceMs) this.again(this.pauseMs());
  }
}
