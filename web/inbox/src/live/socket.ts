/** The inbox socket: ticket, hello, heartbeat, and coming back after every kind of loss. */
import { ApiError, tellSignedOut } from "@/api/client";
import { backoffMs } from "@/live/backoff";
import type { Change } from "@/live/changes";

export type LinkState = "connecting" | "live" | "waiting" | "stopped";

export interface LinkStatus {
  state: LinkState;
  /** Whether it was ever live: a first connection is not announced as a lost one. */
  lost: boolean;
}

export interface Link {
  /** A ticket for one socket. Raises `ApiError`. */
  ticket: () => Promise<string>;
  open: (ticket: string) => WebSocket;
  onStatus: (status: LinkStatus) => void;
  onChange: (change: Change) => void;
  /** Read everything that is shown again, after a fresh start. Resolves when all of it is read. */
  readAgain: () => Promise<void>;
}

const SILENCE_MS = 45_000;
const SIGNED_OUT = 4401;

type Frame =
  | { type: "ready"; cursor: string }
  | ({ type: "change" } & Change)
  | { type: "reload"; reason: string }
  | { type: "ping" };

export class LiveSocket {
  private readonly link: Link;
  private socket: WebSocket | null = null;
  private cursor: string | null = null;
  private asked: string | null = null;
  /** False from a fresh start until everything is read again: only then a cursor means anything. */
  private complete = false;
  private attempt = 0;
  private stopped = true;
  private lost = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Link) {
    this.link = link;
  }

  start(): void {
    this.stopped = false;
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
    this.tell("stopped");
  }

  /** Try at once, e.g. because the browser says that the network is back. */
  hurry(): void {
    if (this.stopped || this.socket) return;
    this.attempt = 0;
    clearTimeout(this.retry);
    void this.connect();
  }

  /** Send a frame if the socket is open; presence that is not sent is repeated soon anyway. */
  send(frame: Record<string, unknown>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  private async connect(): Promise<void> {
    this.tell("connecting");
    try {
      const ticket = await this.link.ticket();
      if (this.stopped || this.socket) return;
      this.listen(this.link.open(ticket));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.stop();
      else this.again();
    }
  }

  private listen(socket: WebSocket): void {
    this.socket = socket;
    this.listenFor();
    socket.onopen = () => this.hello();
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.listenFor();
      this.take(JSON.parse(String(event.data)) as Frame);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.drop();
      if (event.code === SIGNED_OUT) {
        this.stop();
        tellSignedOut();
      } else this.again();
    };
  }

  private hello(): void {
    this.asked = this.complete ? this.cursor : null;
    this.send({ type: "hello", cursor: this.asked });
  }

  private take(frame: Frame): void {
    switch (frame.type) {
      case "ready":
        this.ready(frame.cursor);
        return;
      case "change":
        this.cursor = frame.cursor;
        this.link.onChange(frame);
        return;
      case "reload":
        this.complete = false;
        this.hello();
        return;
      case "ping":
        this.send({ type: "pong" });
    }
  }

  private ready(cursor: string): void {
    this.cursor = cursor;
    if (this.asked !== null) {
      this.settled();
      return;
    }
    const socket = this.socket;
    this.link.readAgain().then(
      () => {
        if (this.socket !== socket) return;
        this.complete = true;
        this.settled();
      },
      () => {
        // What is shown may be old: begin anew rather than look live.
        if (this.socket !== socket) return;
        this.drop();
        this.again();
      },
    );
  }

  private settled(): void {
    this.attempt = 0;
    this.lost = true;
    this.tell("live");
  }

  /** A socket that says nothing for a while is dead, whatever the browser believes. */
  private listenFor(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.drop();
      this.again();
    }, SILENCE_MS);
  }

  private drop(): void {
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private again(): void {
    if (this.stopped) return;
    this.tell("waiting");
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.connect(), backoffMs(this.attempt++));
  }

  private tell(state: LinkState): void {
    this.link.onStatus({ state, lost: this.lost });
  }
}
