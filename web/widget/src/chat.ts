/** One visitor's chat on one page: ties the session to the line, the browser's storage, the panel and the page's own script. */
import { createMemory } from "./memory";
import type { Attachment, FormValues, Hello, HubFrame, VisitorMessage } from "./protocol";
import { due, empty, type Happening, type Outgoing, pause, reduce } from "./session";
import { createTransport } from "./transport";

/** An acknowledgement takes milliseconds; after this the line is taken for dead and the message goes out again. */
const ackMs = 20_000;
const typingShownMs = 6_000;
const typingSentEveryMs = 3_000;
/** One mark for a burst of messages: the hub counts frames. */
const readAfterMs = 400;
/** As the hub: at most so many files in one message. */
const filesPerMessage = 10;
/** A contact field, with the hub's bounds. */
const fieldName = /^[a-z][a-z0-9_]{0,63}$/;
const fieldLimit = 1000;
const fieldsLimit = 20;
const identityLimit = 4096;

export type EventName = "ready" | "open" | "close" | "message" | "error";
type Callback = (detail?: unknown) => void;

/** A file of the message being written: it goes up at once. */
export interface Upload {
  file: File;
  /** 0 to 1. */
  share: number;
  done?: Attachment;
  /** The code of the problem it was not uploaded for; may be empty. */
  fault?: string;
  request?: XMLHttpRequest;
}

export type Chat = ReturnType<typeof createChat>;

export function createChat(base: string, channel: string, language: () => string, draw: () => void) {
  const memory = createMemory(channel);
  const callbacks: [EventName, Callback][] = [];
  let started = false;
  let seen = memory.seen();
  let readSent = 0;
  /** The page told something about the visitor that no message has carried yet. */
  let fresh = false;
  let typingSentAt = 0;
  let identity: string | undefined;
  /** The identity the token in hand was made for (saying it again would only make another), and that of the last hello. */
  let vouched: string | undefined;
  let claimed: string | undefined;
  let ackTimer: number | undefined;
  let pauseTimer: number | undefined;
  let typingTimer: number | undefined;
  let readTimer: number | undefined;

  const chat = {
    session: empty,
    open: false,
    /** Whether a person opened the panel, or only the next page restored it: then the focus stays where it is. */
    asked: true,
    /** What came while nobody was connected, counted when a visitor returns. */
    missed: 0,
    attached: [] as Upload[],
    /** The hub does not serve this page: the tag names no channel of its, or the page's domain is not allowed. */
    barred: false,
    /** Files were turned away for their size or number. */
    tooMuch: false,
    /** What the page's own script told about the visitor. */
    facts: {} as FormValues,
    failures: () => line.failures(),
    /** The full address of a file: the hub gives it relative to itself. */
    address: (url: string) => new URL(url, base).href,

    /** Opens again what was open on the page before, or asks once what a returning visitor missed. */
    async boot(narrow: boolean) {
      const token = memory.token();
      if (memory.open() && !narrow) {
        chat.show();
        chat.asked = false;
      } else if (token && !chat.open) {
        // Unanswered, it is a question less: the page's own list of errors is for the page's own.
        const answer = await line.peek({ ...hello(), token, position: seen }).catch(() => {});
        if (!started && answer) chat.missed = answer.messages.filter((message) => message.author !== "you").length;
        draw();
      }
    },

    show() {
      if (chat.open) return;
      chat.open = chat.asked = true;
      memory.setOpen(true);
      if (!started) {
        started = true;
        apply({ type: "adopt", token: memory.token(), outbox: memory.unsent(Date.now()) });
      }
      line.start();
      draw();
      emit("open");
    },

    hide() {
      if (!chat.open) return;
      chat.open = false;
      memory.setOpen(false);
      // Somebody who only had a look holds no line.
      if (!chat.session.conversation && !chat.session.outbox.length) stop();
      draw();
      emit("close");
    },

    say(text: string, said: { button?: string; form?: FormValues } = {}) {
      const form = fresh ? { ...chat.facts } : undefined;
      fresh = false;
      const attachments = said.button ? [] : chat.attached.flatMap((upload) => upload.done ?? []);
      if (!said.button) chat.attached = [];
      const [id, at] = [uuid(), new Date().toISOString()];
      typingSentAt = 0; // the hub learns when the next text was begun, and so which question it can be about
      apply({ type: "written", item: { form, ...said, id, at, text, attachments, state: "sending" } });
    },

    retry(id: string) {
      apply({ type: "retry", id });
      line.kick();
    },

    discard: (id: string) => apply({ type: "discard", id }),

    typed() {
      if (!chat.session.conversation || Date.now() - typingSentAt < typingSentEveryMs) return;
      typingSentAt = Date.now();
      line.send({ type: "typing" });
    },

    /** Everything shown so far was before the visitor's eyes. */
    looked() {
      const position = chat.session.messages.at(-1)?.position ?? 0;
      chat.missed = 0;
      if (position > seen) {
        seen = position;
        memory.setSeen(position);
      }
      if (position <= readSent || !chat.session.up) return;
      readSent = position;
      clearTimeout(readTimer);
      readTimer = setTimeout(() => line.send({ type: "read", position }), readAfterMs);
    },

    unread: () =>
      chat.missed ||
      chat.session.messages.filter((message) => message.author !== "you" && message.position > seen).length,

    attach(files: Iterable<File>) {
      const { config } = chat.session;
      if (!config?.uploads) return;
      chat.tooMuch = false;
      for (const file of files) {
        if (file.size > config.upload_bytes || chat.attached.length >= filesPerMessage) chat.tooMuch = true;
        else chat.attached.push(upload(file));
      }
      draw();
    },

    detach(upload: Upload) {
      upload.request?.abort();
      chat.attached = chat.attached.filter((one) => one !== upload);
      chat.tooMuch = false;
      draw();
    },

    identify(token: unknown) {
      // Whatever the page gives goes as a text that the hub can refuse: what is no frame would end the line.
      const jwt = token ? `${token}`.slice(0, identityLimit) : undefined;
      if (identity && subject(identity) !== subject(jwt)) chat.reset(); // nothing of another person may stay on the screen
      if (identity === jwt) return;
      identity = jwt;
      line.hello();
    },

    setFields(values: Record<string, unknown>) {
      for (const [name, value] of Object.entries(values)) {
        const room = Object.keys({ ...chat.facts, [name]: 0 }).length <= fieldsLimit;
        if (fieldName.test(name) && room) {
          chat.facts[name] = String(value).slice(0, fieldLimit);
          fresh = true;
        } else emit("error", { code: "field_name", detail: `setFields(): ${name}` });
      }
    },

    reset() {
      identity = vouched = undefined;
      chat.facts = {};
      memory.clear();
      startOver(null, []);
    },

    on(event: EventName, callback: Callback) {
      callbacks.push([event, callback]);
    },
  };

  const line = createTransport(base, channel, {
    hello,
    token: () => chat.session.token,
    cursor: () => chat.session.cursor,
    watched: () => chat.open && document.visibilityState === "visible",
    frame,
    page: (page, after) => apply({ type: "page", page, after }),
    down() {
      apply({ type: "down" });
      if (line.failures() === 3) emit("error", { code: "unreachable", detail: "No connection" });
    },
    denied(code, detail, barred = false) {
      // Go on as whoever the token stands for: a page's mistake must not cost its visitor the chat.
      if (code.startsWith("identity")) identity = vouched;
      if (chat.barred) return; // it is said
      chat.barred = barred;
      if (barred) reportError(Error(detail));
      emit("error", { code, detail });
    },
    unread(detail) {
      const { inFlight: id } = chat.session;
      if (id) frame({ type: "nack", id, code: "invalid", detail });
    },
  });

  function emit(event: EventName, detail?: unknown): void {
    // Later, and each by itself: the page's mistakes must not stop the chat.
    setTimeout(() => {
      for (const [name, callback] of callbacks) if (name === event) setTimeout(callback, 0, detail);
    });
  }

  function hello(): Hello {
    const { token, cursor } = chat.session;
    const { title, referrer } = document;
    claimed = identity === vouched ? undefined : identity;
    const url = location.href.replace(/#.*/, "").slice(0, 4000); // this and the title's: the hub's own limits
    return {
      type: "hello",
      token,
      position: cursor,
      language: language(),
      page: { url, title: title.slice(0, 1000), referrer: referrer.slice(0, 4000) },
      identity: claimed,
    };
  }

  function apply(happening: Happening): void {
    const before = chat.session;
    const after = reduce(before, happening);
    chat.session = after;
    if (after.token && (after.conversation || after.outbox.length)) memory.setToken(after.token);
    for (const item of after.outbox) if (!before.outbox.includes(item)) memory.keep(item);
    for (const { id } of before.outbox) if (!after.outbox.some((item) => item.id === id)) memory.forget(id);
    if (after.up && after.behind && !(before.up && before.behind && before.cursor === after.cursor)) line.more();
    if (after.inFlight !== before.inFlight) clearTimeout(ackTimer);
    pump();
    draw();
  }

  function pump(): void {
    clearTimeout(pauseTimer);
    const frame = due(chat.session, Date.now());
    const wait = pause(chat.session, Date.now());
    if (frame) {
      chat.session = reduce(chat.session, { type: "sent", id: frame.id });
      ackTimer = setTimeout(line.fail, ackMs);
      line.send(frame);
    } else if (wait) pauseTimer = setTimeout(pump, wait);
  }

  function frame(frame: HubFrame): void {
    const { token, messages } = chat.session;
    apply({ type: "frame", frame, now: Date.now() });
    const { session } = chat;
    if (frame.type === "welcome") {
      readSent = 0;
      chat.barred = false;
      // Where the token does not stand for the page's word, that word is given (again).
      if (claimed || token !== frame.token) vouched = claimed;
      if (identity !== vouched) line.hello();
    } else if (frame.type === "online") {
      if (!session.conversation) line.hello(); // another form may be asked for now
    } else if (frame.type === "typing") {
      clearTimeout(typingTimer);
      typingTimer = setTimeout(() => apply({ type: "quiet" }), typingShownMs);
    } else if (frame.type === "nack") emit("error", { code: frame.code, detail: frame.detail });
    else if (session.messages.length > messages.length) tell(session.messages.find((one) => !messages.includes(one)));
  }

  function tell(message: VisitorMessage | undefined): void {
    if (message) emit("message", { author: message.author, name: message.name, text: message.text, at: message.at });
  }

  function stop(): void {
    line.stop();
    apply({ type: "down" });
  }

  function startOver(token: string | null, outbox: Outgoing[]): void {
    seen = memory.seen();
    chat.missed = readSent = 0;
    chat.attached = [];
    line.stop();
    apply({ type: "adopt", token, outbox });
    if (chat.open) line.start();
  }

  function upload(file: File): Upload {
    const entry: Upload = { file, share: 0 };
    entry.request = line.upload(
      file,
      (share) => {
        entry.share = share;
        draw();
      },
      (said) => {
        if (said?.id) entry.done = said;
        else entry.fault = said?.code ?? "";
        draw();
      },
    );
    return entry;
  }

  memory.watch((name, unsentId) => {
    if (unsentId) {
      chat.discard(unsentId);
      // Another tab's message has arrived. If it was the first, the hub does not know yet that we follow it too.
      if (!chat.session.conversation && chat.open) {
        stop();
        line.start();
      }
    } else if (name === "seen") {
      seen = memory.seen();
      chat.missed = 0;
      draw();
    } else if (started) {
      // What is stored now counts, not what the event says: two tabs that write at once then agree.
      const token = memory.token();
      if (token !== chat.session.token) startOver(token, token ? chat.session.outbox : []);
    }
  });

  emit("ready");
  return chat;
}

/** 128 random bits as hex; `crypto.randomUUID` exists on secure pages only, and shops on plain http do exist. */
function uuid(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => (byte + 256).toString(16).slice(1)).join("");
}

/** Who the token speaks of, unverified: only to notice that it is somebody else. */
function subject(jwt = ""): unknown {
  try {
    return JSON.parse(atob(jwt.split(".")[1]?.replace(/-/g, "+").replace(/_/g, "/") ?? "")).sub;
  } catch {
    return jwt;
  }
}
