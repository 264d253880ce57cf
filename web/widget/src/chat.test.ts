import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Chat, createChat } from "./chat";
import type { VisitorMessage } from "./protocol";

/** The browser's end of a socket, driven by the test. */
class Line {
  static lines: Line[] = [];
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { reason: string; code?: number }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    Line.lines.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  says(frame: Record<string, unknown>) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  /** Opens, and answers the hello. */
  welcomes(more: Record<string, unknown> = {}) {
    this.onopen?.();
    const config = { prechat: [], uploads: true, upload_bytes: 1000, text_limit: 1000 };
    const nothing = { position: 0, messages: [], more: false, conversation: false, online: true, config };
    this.says({ type: "welcome", token: "t", ...nothing, ...more });
  }
  of(type: string) {
    return this.sent.filter((frame) => frame.type === type);
  }
}

const operators: VisitorMessage = {
  position: 4,
  id: null,
  author: "operator",
  name: "Demo Operator",
  text: "Hello",
  attachments: [],
  buttons: [],
  at: "2026-01-01T00:00:00.000Z",
};

let chat: Chat;
let loadedPages: Chat[] = [];
const newest = () => Line.lines.at(-1) as Line;
const kept = () => Object.keys(localStorage).map((key) => key.replace(/^switchboard:key:/, ""));
/** A page loads the widget: each has a chat of its own, and what the browser keeps is shared. */
const page = () => {
  const loaded = createChat("https://hub.example/", "key", () => "en", vi.fn());
  loadedPages.push(loaded);
  return loaded;
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  Line.lines = [];
  localStorage.clear();
  sessionStorage.clear();
  chat = page();
});

afterEach(() => {
  for (const loaded of loadedPages) {
    loaded.reset();
    loaded.hide();
  }
  loadedPages = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("asks for nothing and keeps nothing before it is opened", async () => {
  await chat.boot(false);
  expect(Line.lines).toEqual([]);
  expect(localStorage.length + sessionStorage.length).toBe(0);
});

it("keeps no token of a visitor who only looks", () => {
  chat.show();
  newest().welcomes();
  expect(kept()).toEqual([]);
});

it("keeps an unsent message until it is acknowledged", () => {
  chat.show();
  newest().welcomes();
  chat.say("Hi");
  const [send] = newest().of("send");
  expect(kept()).toEqual(expect.arrayContaining(["token", `unsent:${send?.id}`]));
  newest().says({ type: "ack", id: send?.id, position: 1, at: "2026-01-01T00:00:00.000Z" });
  expect(kept()).toEqual(["token"]);
});

it("sends on the next page what the last one could not, under the same id", () => {
  chat.show();
  newest().welcomes();
  chat.say("Hi");
  const [first] = newest().of("send");
  const next = page();
  next.show();
  newest().welcomes();
  expect(newest().of("hello")[0]?.token).toBe("t");
  expect(newest().of("send")[0]).toEqual(first);
});

it("shows as not sent, and does not send, what was written hours ago", () => {
  chat.show();
  newest().welcomes();
  chat.say("Hi");
  vi.advanceTimersByTime(2 * 60 * 60 * 1000);
  const next = page();
  next.show();
  newest().welcomes();
  expect(newest().of("send")).toEqual([]);
  expect(next.session.outbox[0]?.state).toBe("failed");
});

it("opens another line when no acknowledgement comes", () => {
  chat.show();
  newest().welcomes();
  chat.say("Hi");
  const [silent] = Line.lines;
  for (let s = 0; s < 25; s += 1) {
    silent?.says({ type: "ping" });
    vi.advanceTimersByTime(1000);
  }
  newest().welcomes();
  expect(newest()).not.toBe(silent);
  expect(newest().of("send")).toEqual(silent?.of("send"));
});

it("opens another line after 45 seconds of silence, and answers pings", () => {
  chat.show();
  newest().welcomes();
  newest().says({ type: "ping" });
  expect(newest().of("pong")).toHaveLength(1);
  vi.advanceTimersByTime(44_000);
  expect(Line.lines).toHaveLength(1);
  vi.advanceTimersByTime(3_000);
  expect(Line.lines).toHaveLength(2);
});

it("says hello again with its position when the hub asks for it", () => {
  chat.show();
  newest().welcomes({ messages: [operators] });
  newest().says({ type: "reload" });
  expect(newest().of("hello").at(-1)).toMatchObject({ token: "t", position: 4 });
});

it("asks on while there are more messages than a welcome holds", () => {
  chat.show();
  newest().welcomes({ messages: [operators], more: true });
  expect(newest().of("hello")).toHaveLength(2);
  expect(newest().of("hello")[1]?.position).toBe(4);
});

it("marks a burst of messages as read once", () => {
  chat.show();
  newest().welcomes({ messages: [operators], conversation: true });
  chat.looked();
  newest().says({ type: "message", ...operators, position: 5 });
  chat.looked();
  vi.advanceTimersByTime(1000);
  expect(newest().of("read")).toEqual([{ type: "read", position: 5 }]);
  expect(chat.unread()).toBe(0);
});

it("tells when the next text was begun, however soon after a message", () => {
  chat.show();
  newest().welcomes({ messages: [operators], conversation: true });
  chat.typed();
  chat.typed();
  chat.say("Hi");
  chat.typed();
  expect(newest().of("typing")).toHaveLength(2);
});

it("forgets everything of the visitor on reset", () => {
  chat.show();
  newest().welcomes({ messages: [operators], conversation: true });
  chat.looked();
  chat.say("Hi");
  chat.reset();
  expect(kept()).toEqual([]);
  expect(chat.session.messages).toEqual([]);
  newest().onopen?.();
  expect(newest().of("hello")[0]?.token).toBeNull();
});

it("says who the visitor is once, and again only when the token no longer counts", () => {
  chat.identify("a.b.c");
  chat.show();
  newest().welcomes();
  newest().says({ type: "reload" });
  expect(
    newest()
      .of("hello")
      .map((hello) => hello.identity),
  ).toEqual(["a.b.c", undefined]);
  newest().welcomes({ token: "another" });
  expect(newest().of("hello").at(-1)?.identity).toBe("a.b.c");
});

it("goes on without an identity that the hub refuses, and tells the page", () => {
  const error = vi.fn();
  chat.on("error", error);
  chat.identify("a.b.c");
  chat.show();
  newest().onopen?.();
  newest().onclose?.({ reason: "identity_invalid" });
  vi.advanceTimersByTime(1000);
  newest().onopen?.();
  expect(newest().of("hello")[0]?.identity).toBeUndefined();
  expect(error).toHaveBeenCalledWith(expect.objectContaining({ code: "identity_invalid" }));
});

it("drops the former visitor when the page names another", () => {
  const jwt = (sub: string) => `h.${btoa(JSON.stringify({ sub }))}.s`;
  chat.identify(jwt("one"));
  chat.show();
  newest().welcomes({ messages: [operators], conversation: true });
  chat.identify(jwt("two"));
  expect(chat.session.messages).toEqual([]);
  expect(kept()).toEqual([]);
});

it("calls the page back later, and a mistake of the page stops nothing", () => {
  const heard = vi.fn();
  chat.on("open", heard);
  chat.show();
  expect(heard).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(heard).toHaveBeenCalledOnce();
});

it("speaks plain HTTP where sockets are blocked, and loses nothing on the way", async () => {
  const asked: string[] = [];
  const welcomed = {
    type: "welcome",
    token: "t",
    position: 0,
    messages: [],
    more: false,
    conversation: false,
    online: true,
  };
  const config = { prechat: [], uploads: false, upload_bytes: 0, text_limit: 1000 };
  vi.stubGlobal("fetch", async (url: string, { method, body }: RequestInit) => {
    const path = `${method} ${url.replace("https://hub.example/chat/v1/key/", "")}`;
    asked.push(path);
    const id = body ? JSON.parse(String(body)).id : "";
    const answers: Record<string, unknown> = {
      "POST session": { ...welcomed, config },
      "POST messages": { type: "ack", id, position: 1, at: "2026-01-01T00:00:00.000Z" },
      "GET messages?after=0": { items: [operators], more: false },
    };
    return new Response(JSON.stringify(answers[path]));
  });
  chat.show();
  chat.say("Hi");
  for (let n = 0; n < 3; n += 1) {
    newest().onclose?.({ reason: "" });
    if (n < 2) vi.advanceTimersByTime(5000);
  }
  await vi.waitFor(() => expect(chat.session.messages.map((one) => one.text)).toEqual(["Hi", "Hello"]), 5000);
  expect(asked.slice(0, 3)).toEqual(["POST session", "POST messages", "GET messages?after=0"]);
  expect(chat.session.outbox).toEqual([]);
});

it("shows as not sent what the hub cannot read, instead of sending it for ever", () => {
  const error = vi.fn();
  chat.on("error", error);
  chat.show();
  newest().welcomes();
  chat.say("Unreadable");
  newest().onclose?.({ code: 1007, reason: "send.form.name: too long" });
  vi.advanceTimersByTime(1000);
  chat.say("Next");
  newest().welcomes();
  expect(
    newest()
      .of("send")
      .map((send) => send.text),
  ).toEqual(["Next"]);
  expect(chat.session.outbox[0]).toMatchObject({ text: "Unreadable", state: "failed", fault: { code: "invalid" } });
  expect(error).toHaveBeenCalledWith(expect.objectContaining({ detail: "send.form.name: too long" }));
});

it.each([[123], [{ jwt: "a.b.c" }], ["x".repeat(5000)]])(
  "says hello with a text the hub can refuse for identify(%j)",
  (given) => {
    chat.identify(given);
    chat.show();
    newest().onopen?.();
    const said = newest().of("hello")[0]?.identity;
    expect(said).toBeTypeOf("string");
    expect(String(said).length).toBeLessThanOrEqual(4096);
  },
);

it("keeps as many fields of the page as the hub takes, and tells the page about the others", () => {
  const error = vi.fn();
  chat.on("error", error);
  chat.setFields(Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`field${n}`, n])));
  chat.setFields({ field0: "new" });
  chat.show();
  newest().welcomes();
  chat.say("Hi");
  const form = newest().of("send")[0]?.form as Record<string, string>;
  expect(Object.keys(form)).toHaveLength(20);
  expect(form.field0).toBe("new");
  vi.advanceTimersByTime(10);
  expect(error).toHaveBeenCalledOnce();
});

it("tries another way where the page's policy forbids sockets, which has an error and no close", async () => {
  vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("no net")));
  chat.show();
  for (let n = 0; n < 3; n += 1) {
    newest().onerror?.();
    if (n < 2) vi.advanceTimersByTime(3000);
  }
  expect(fetch).toHaveBeenCalledOnce();
});

it("tells that the page may not have this chat, once, until it may", async () => {
  const [error, reported] = [vi.fn(), vi.fn()];
  chat.on("error", error);
  vi.stubGlobal("reportError", reported);
  const problem = { status: 403, code: "origin_not_allowed", detail: "Add shop.example.test to the allowed domains." };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(problem), { status: 403 }));
  chat.show();
  // What no socket answers ends by itself after ten seconds, and is tried again for ever.
  await vi.advanceTimersByTimeAsync(200_000);
  expect(chat.barred).toBe(true);
  expect(reported).toHaveBeenCalledOnce();
  expect(error.mock.calls.filter(([said]) => said.code === "origin_not_allowed")).toHaveLength(1);
  for (let n = 0; n < 60 && !newest().onmessage; n += 1) await vi.advanceTimersByTimeAsync(1000);
  newest().welcomes();
  expect(chat.barred).toBe(false);
});

it("asks in vain for what a returning visitor missed without a word to the page", async () => {
  localStorage.setItem("switchboard:key:token", "t");
  vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("no net")));
  await expect(page().boot(false)).resolves.toBeUndefined();
});

it.each([
  ["<html>Too large</html>", ""],
  ['{"code":"empty_file","detail":"The file is empty."}', "empty_file"],
  ["", ""],
])("shows an upload that was answered with %j as not uploaded", (answer, fault) => {
  const requests: Request[] = [];
  class Request {
    upload: Record<string, (event: { loaded: number; total: number }) => void> = {};
    response: unknown = null;
    onloadend?: () => void;
    constructor() {
      requests.push(this);
    }
    open() {}
    setRequestHeader() {}
    send() {}
    abort() {
      this.onloadend?.();
    }
  }
  vi.stubGlobal("XMLHttpRequest", Request);
  chat.show();
  newest().welcomes();
  chat.attach([new File([], "empty.txt")]);
  const [request] = requests;
  request?.upload.onprogress?.({ loaded: 0, total: 0 });
  expect(chat.attached[0]?.share).toBe(0);
  if (!answer)
    vi.advanceTimersByTime(50_000); // the line is lost in the middle
  else {
    if (request && answer.startsWith("{")) request.response = JSON.parse(answer);
    request?.onloadend?.();
  }
  expect(chat.attached[0]?.fault).toBe(fault);
});

it("tells with the next message what the page says about a visitor who has written already, once", () => {
  chat.show();
  newest().welcomes({ messages: [operators], conversation: true });
  chat.setFields({ order: "A-17" });
  for (const text of ["One", "Two"]) {
    chat.say(text);
    const id = newest().of("send").at(-1)?.id;
    newest().says({ type: "ack", id, position: newest().of("send").length + 4, at: operators.at });
  }
  expect(
    newest()
      .of("send")
      .map((send) => send.form),
  ).toEqual([{ order: "A-17" }, undefined]);
});
