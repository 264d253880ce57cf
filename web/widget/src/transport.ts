/**
 * The line to the hub: a socket, or short HTTP requests where sockets are blocked; opens again by itself until stopped.
 *
 * It knows nothing of the conversation. It carries frames both ways, says when the line is down, and promises nothing
 * about a frame given to it: what must arrive is sent again by `session.ts`.
 */
import type { Attachment, ClientFrame, Hello, HubFrame, Page, Send, Welcome } from "./protocol";

/** The hub pings every 20 s: two missed and the line is dead (docs/protocol.md, section 4). */
const silenceMs = 45_000;
const handshakeMs = 10_000;
const requestMs = 20_000;
const firstBackoffMs = 700;
const lastBackoffMs = 30_000;
/** After so many failures in a row plain HTTP is tried as well. */
const failuresBeforeHttp = 2;
const pollMs = 3_000;
const pollUnwatchedMs = 15_000;
/** Close codes for a frame that is none, or too much of one (RFC 6455, section 7.4.1). */
const badData = 1007;
const tooBig = 1009;

export interface Line {
  hello: () => Hello;
  token: () => string | null;
  cursor: () => number;
  /** Somebody is looking at the chat: poll briskly. */
  watched: () => boolean;
  frame: (frame: HubFrame) => void;
  page: (page: Page, after: number) => void;
  down: () => void;
  /** The hub lets the visitor in from nowhere on this page (`barred`), or does not believe the identity of the hello. */
  denied: (code: string, detail: string, barred?: boolean) => void;
  /** The hub cannot read the frame that was on its way; it will not read it the next time either. */
  unread: (detail: string) => void;
}

/** What a file became, or a problem with its code. */
type Uploaded = (Attachment & { code?: undefined }) | (Problem & { id?: undefined }) | null;

interface Problem {
  code: string;
  detail: string;
  extra?: { fields?: Record<string, string> };
}

/** Milliseconds before attempt n (1 is the first repeat): doubling, and between half and all of it at random. */
export function backoff(attempt: number, random = Math.random()): number {
  return Math.min(lastBackoffMs, firstBackoffMs * 2 ** (attempt - 1)) * (0.5 + random / 2);
}

/** A refusal that time or the visitor can cure, as the socket would have said it; undefined if the line is at fault. */
export function refusal(id: string, status: number, problem: Problem, retryAfter: string | null): HubFrame | undefined {
  const passing = status === 429 ? "rate" : status === 503 && "busy";
  if (!passing && ![400, 413, 422].includes(status)) return;
  return {
    ...problem,
    type: "nack",
    id,
    code: passing || problem.code,
    retry_after_s: Number(retryAfter) || undefined,
  };
}

export type Transport = ReturnType<typeof createTransport>;

export function createTransport(base: string, channel: string, line: Line) {
  let socket: WebSocket | undefined;
  let running = false;
  let up = false;
  let polling = false;
  let failures = 0;
  let retryTimer: number | undefined;
  let watchdog: number | undefined;
  let pollTimer: number | undefined;
  const address = `${base}chat/v1/${channel}/`;

  /** The answer of the hub; any other than a success is thrown. */
  async function ask<T>(what: string, body?: unknown): Promise<T> {
    const answer = await request(what, body);
    if (!answer.ok) throw answer;
    return answer.json();
  }

  function request(what: string, body?: unknown): Promise<Response> {
    const token = line.token();
    return fetch(address + what, {
      method: body ? "POST" : "GET",
      credentials: "omit",
      signal: AbortSignal.timeout(requestMs),
      headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
      body: body ? JSON.stringify(body) : undefined,
    });
  }

  /** One session request and nothing else. */
  function peek({ type: _, ...body }: Hello): Promise<Welcome> {
    return ask("session", body);
  }

  function release(): void {
    clearTimeout(watchdog);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
    socket.close();
    socket = undefined;
  }

  function drop(): void {
    up = polling = false;
    clearTimeout(pollTimer);
    clearTimeout(retryTimer);
    release();
  }

  /** The line no longer answers: give it up, and open another after a while. */
  function fail(): void {
    if (!running) return;
    drop();
    failures += 1;
    line.down();
    retryTimer = setTimeout(openSocket, backoff(failures));
  }

  function socketFailed(): void {
    release();
    if (polling) trySocketLater();
    else if (!up && failures >= failuresBeforeHttp) session();
    else fail();
  }

  function watch(milliseconds: number): void {
    clearTimeout(watchdog);
    watchdog = setTimeout(socketFailed, milliseconds);
  }

  function openSocket(): void {
    release();
    watch(handshakeMs);
    try {
      socket = new WebSocket(`${base.replace("http", "ws")}ws/chat?channel=${channel}`);
    } catch {
      socketFailed(); // refused by the page's own content security policy
      return;
    }
    const opened = socket;
    opened.onopen = () => opened.send(JSON.stringify(line.hello()));
    // What the page's own content security policy forbids has an error only, and no close.
    opened.onerror = socketFailed;
    opened.onclose = ({ code, reason }) => {
      if (reason.startsWith("identity")) line.denied(reason, "identify(): token refused");
      if (code === badData || code === tooBig) line.unread(reason);
      socketFailed();
    };
    opened.onmessage = (event) => received(JSON.parse(event.data));
  }

  function received(frame: HubFrame): void {
    watch(silenceMs);
    if (frame.type === "welcome") {
      clearTimeout(pollTimer);
      clearTimeout(retryTimer);
      up = true;
      polling = false;
      failures = 0;
    }
    if (frame.type === "ping") send({ type: "pong" });
    else if (frame.type === "reload") hello();
    else line.frame(frame);
  }

  async function session(): Promise<void> {
    try {
      const welcome = await peek(line.hello());
      if (!running || socket) return;
      failures = 0;
      polling = up = true;
      trySocketLater();
      line.frame(welcome);
      pollSoon();
    } catch (refused) {
      const said = await (refused as Partial<Response>).json?.().catch(() => {});
      if (said?.status < 429) line.denied(said.code, said.detail, true); // what time does not cure
      fail();
    }
  }

  /** While polling, a socket is tried again now and then: after a few seconds, then ever more rarely. */
  function trySocketLater(): void {
    failures += 1;
    retryTimer = setTimeout(openSocket, 6 * backoff(failures));
  }

  function pollSoon(): void {
    clearTimeout(pollTimer);
    pollTimer = setTimeout(poll, line.watched() ? pollMs : pollUnwatchedMs);
  }

  async function poll(): Promise<void> {
    const after = line.cursor();
    try {
      line.page(await ask(`messages?after=${after}`), after);
      if (polling) pollSoon();
    } catch {
      if (polling) fail();
    }
  }

  async function post(frame: Send): Promise<void> {
    try {
      const answer = await request("messages", frame);
      const body = await answer.json();
      const verdict = answer.ok ? body : refusal(frame.id, answer.status, body, answer.headers.get("Retry-After"));
      if (verdict) line.frame(verdict);
      else fail();
    } catch {
      fail();
    }
  }

  function send(frame: ClientFrame): void {
    if (polling) {
      if (frame.type === "send") post(frame);
    } else if (up) socket?.send(JSON.stringify(frame));
  }

  /** Says hello again on the line there is. */
  function hello(): void {
    if (polling) session();
    else send(line.hello());
  }

  function kick(): void {
    if (!running || up || socket) return;
    clearTimeout(retryTimer);
    openSocket();
  }

  // A computer that wakes up or comes back online should not sit out a long wait.
  addEventListener("online", kick);
  document.addEventListener("visibilitychange", kick);

  return {
    start() {
      if (running) return;
      running = true;
      failures = 0;
      openSocket();
    },
    stop() {
      running = false;
      drop();
    },
    /** Cuts a pending wait short. */
    kick,
    fail,
    send,
    hello,
    /** Asks for the messages after the cursor. */
    more: () => (polling ? poll() : hello()),
    peek,
    failures: () => failures,
    /** Sends a file. `done` gets the hub's answer: an `AttachmentRef`, or a problem, or nothing where the line is at fault. */
    upload(file: File, progress: (share: number) => void, done: (answer?: Uploaded) => void): XMLHttpRequest {
      const request = new XMLHttpRequest();
      let stalled: number | undefined;
      request.open("POST", `${address}attachments?name=${encodeURIComponent(file.name)}`);
      request.setRequestHeader("Authorization", `Bearer ${line.token()}`);
      request.responseType = "json"; // null for what is none, such as the page of a proxy
      request.upload.onloadstart = request.upload.onprogress = ({ loaded, total }) => {
        clearTimeout(stalled);
        stalled = setTimeout(() => request.abort(), silenceMs);
        progress(loaded / total || 0);
      };
      request.onloadend = () => {
        clearTimeout(stalled);
        done(request.response);
      };
      request.send(file);
      return request;
    },
  };
}
