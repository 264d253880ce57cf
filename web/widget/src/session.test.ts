import { describe, expect, it } from "vitest";
import type { Config, HubFrame, Send, VisitorMessage, Welcome } from "./protocol";
import { due, empty, type Outgoing, pause, reduce, type Session } from "./session";

const config: Config = {
  title: "Shop",
  subtitle: "",
  accent: "#2457d6",
  locale: "en",
  prechat: [],
  offline_form: false,
  uploads: true,
  upload_bytes: 1000,
  text_limit: 1000,
  consent: null,
};

function message(position: number, more: Partial<VisitorMessage> = {}): VisitorMessage {
  const text = `operator ${position}`;
  const author = "operator" as const;
  return { position, id: null, author, name: "Demo", text, attachments: [], buttons: [], at: "", ...more };
}

function welcome(messages: VisitorMessage[], more = false, token = "t"): Welcome {
  const position = messages.at(-1)?.position ?? 0;
  return { type: "welcome", token, position, messages, more, conversation: true, online: true, config };
}

function written(id: string, more: Partial<Outgoing> = {}): Outgoing {
  return { id, text: id, attachments: [], at: "2026-01-01T00:00:00Z", state: "sending", ...more };
}

/** Applies frames in turn. */
function after(session: Session, ...frames: HubFrame[]): Session {
  return frames.reduce((state, frame) => reduce(state, { type: "frame", frame, now: 0 }), session);
}

const positions = (session: Session) => session.messages.map((one) => one.position);

describe("what is shown", () => {
  it("shows each position once and in order, however often it comes", () => {
    const session = after(empty, welcome([message(3), message(1)]), { type: "message", ...message(3) });
    expect(positions(session)).toEqual([1, 3]);
  });

  it("moves a message from the outbox to its position when it is acknowledged", () => {
    const waiting = reduce(after(empty, welcome([message(1)])), { type: "written", item: written("a") });
    const session = after(waiting, { type: "ack", id: "a", position: 2, at: "2026-01-01T00:00:01Z" });
    expect(session.outbox).toEqual([]);
    expect(session.messages[1]).toMatchObject({ position: 2, id: "a", author: "you", text: "a" });
  });

  it("takes a message shown before its acknowledgement as acknowledged", () => {
    const waiting = reduce(after(empty, welcome([])), { type: "written", item: written("a") });
    const shown = after(waiting, { type: "message", ...message(1, { id: "a", author: "you" }) });
    expect(shown.outbox).toEqual([]);
    expect(positions(after(shown, { type: "ack", id: "a", position: 1, at: "" }))).toEqual([1]);
  });

  it("ends the typing sign when the message comes", () => {
    const typing = after(empty, welcome([]), { type: "typing", name: "Demo" });
    expect(typing.typing).toBe("Demo");
    expect(after(typing, { type: "message", ...message(1) }).typing).toBeNull();
  });
});

describe("where a reconnect resumes", () => {
  it("does not skip an operator's message that an acknowledgement overtook", () => {
    const waiting = reduce(after(empty, welcome([message(1)])), { type: "written", item: written("a") });
    const session = after(waiting, { type: "ack", id: "a", position: 3, at: "" });
    expect(session.cursor).toBe(1);
    expect(positions(after(session, welcome([message(2), message(3, { id: "a" })])))).toEqual([1, 2, 3]);
  });

  it("stays before the gap while older pages are missing", () => {
    const behind = after(empty, welcome([message(1)], true), { type: "message", ...message(9) });
    expect([behind.cursor, behind.behind]).toEqual([1, true]);
    const page = { items: [message(2), message(3)], more: false };
    const caughtUp = reduce(behind, { type: "page", page, after: 1 });
    expect([caughtUp.cursor, caughtUp.behind]).toEqual([9, false]);
  });

  it("ignores a page that was asked for from another position", () => {
    const session = after(empty, welcome([message(1), message(2)]));
    const late = reduce(session, { type: "page", page: { items: [message(8)], more: false }, after: 7 });
    expect(late.cursor).toBe(2);
  });

  it("starts from nothing when the hub gives another token, and keeps what was not sent", () => {
    const session = reduce(after(empty, welcome([message(5)])), { type: "written", item: written("a") });
    const other = after(session, welcome([], false, "another"));
    expect([other.cursor, other.messages, other.behind]).toEqual([0, [], true]);
    expect(other.outbox.map((item) => item.id)).toEqual(["a"]);
  });
});

describe("what goes out", () => {
  const two = ["a", "b"].reduce((state, id) => reduce(state, { type: "written", item: written(id) }), empty);

  it("keeps everything back while the line is down", () => {
    expect(due(two, 0)).toBeNull();
  });

  it("sends one message at a time, oldest first", () => {
    const up = after(two, welcome([]));
    expect(due(up, 0)?.id).toBe("a");
    const sent = reduce(up, { type: "sent", id: "a" });
    expect(due(sent, 0)).toBeNull();
    expect(due(after(sent, { type: "ack", id: "a", position: 1, at: "" }), 0)?.id).toBe("b");
  });

  it("sends again what was on its way when the line broke", () => {
    const broken = reduce(reduce(after(two, welcome([])), { type: "sent", id: "a" }), { type: "down" });
    expect(due(after(broken, welcome([])), 0)?.id).toBe("a");
  });

  it("waits as long as the hub asks, and lets nothing overtake", () => {
    const busy = after(two, welcome([]), { type: "nack", id: "a", code: "rate", detail: "", retry_after_s: 3 });
    expect([due(busy, 2999), pause(busy, 2000)]).toEqual([null, 1000]);
    expect(due(busy, 3000)?.id).toBe("a");
  });

  it("puts a refused message aside until the visitor retries it", () => {
    const refused = after(two, welcome([]), { type: "nack", id: "a", code: "too_long", detail: "No." });
    expect(refused.outbox[0]).toMatchObject({ state: "failed", fault: { code: "too_long", detail: "No." } });
    expect(due(refused, 0)?.id).toBe("b");
    expect(due(reduce(refused, { type: "retry", id: "a" }), 0)?.id).toBe("a");
  });
});

/** A small generator of numbers below 1 (mulberry32), so that a failing seed can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A hub as docs/protocol.md describes it: stores a uuid once, skips positions for notes, shows pages of three. */
class Hub {
  stored: VisitorMessage[] = [];
  private last = 0;

  add(more: Partial<VisitorMessage>, note: boolean): VisitorMessage {
    this.last += note ? 2 : 1;
    const added = message(this.last, more);
    this.stored.push(added);
    return added;
  }

  take(send: Send): HubFrame {
    const known = this.stored.find((one) => one.id === send.id);
    const { position } = known ?? this.add({ id: send.id, author: "you", text: send.text, name: null }, false);
    return { type: "ack", id: send.id, position, at: "" };
  }

  after(position: number): [VisitorMessage[], boolean] {
    const rest = this.stored.filter((one) => one.position > position);
    return [rest.slice(0, 3), rest.length > 3];
  }
}

/**
 * One visitor on a line that breaks at any moment and loses what is on it in both directions, now and then says a frame
 * twice, and refuses for a while; while an operator writes, and the visitor too.
 */
function live(seed: number): { hub: Hub; session: Session; wrote: string[] } {
  const chance = random(seed);
  const hub = new Hub();
  const wrote: string[] = [];
  let session = empty;
  let toHub: Send[] = [];
  let toWidget: HubFrame[] = [];
  let follows = false;
  let now = 0;

  let away = 0;

  const say = (frame: HubFrame) => {
    const frames = chance() < 0.1 ? [frame, frame] : [frame];
    // Answers may overtake what the hub's feed brings.
    if (frame.type === "ack" && !toWidget.some((one) => one.type === "welcome")) toWidget.unshift(...frames);
    else toWidget.push(...frames);
  };
  const greet = () => {
    const [messages, more] = hub.after(session.cursor);
    follows = !more;
    toWidget.push({ ...welcome(messages, more), conversation: hub.stored.length > 0 });
  };
  const breakLine = () => {
    toHub = [];
    toWidget = [];
    follows = false;
    away = Math.floor(chance() * 60);
    session = reduce(session, { type: "down" });
  };
  const step = (calm: boolean) => {
    now += 100;
    away -= 1;
    if (away > 0) return;
    if ((!session.up || session.behind) && !toWidget.length) greet();
    const frame = due(session, now);
    if (frame) {
      session = reduce(session, { type: "sent", id: frame.id });
      toHub.push(frame);
    }
    if (chance() < 0.5 && toHub.length) {
      const send = toHub.shift() as Send;
      if (!calm && chance() < 0.2) say({ type: "nack", id: send.id, code: "busy", detail: "", retry_after_s: 0.3 });
      else say(hub.take(send)); // like the hub, it does not show a message to the line that sent it
    }
    if (chance() < 0.6 && toWidget.length) {
      session = reduce(session, { type: "frame", frame: toWidget.shift() as HubFrame, now });
    }
  };

  for (let n = 0; n < 600; n += 1) {
    if (chance() < 0.06) {
      const id = `message ${wrote.length}`;
      wrote.push(id);
      session = reduce(session, { type: "written", item: written(id) });
    }
    if (chance() < 0.06) {
      const said = hub.add({}, chance() < 0.3);
      if (follows) say({ type: "message", ...said });
    }
    if (chance() < 0.03) breakLine();
    step(false);
  }
  breakLine(); // after which a welcome shows whatever the end of the noise cut off
  for (let n = 0; n < 2000; n += 1) step(true);
  return { hub, session, wrote };
}

describe("a bad line", () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))("loses, doubles and swaps nothing (seed %i)", (seed) => {
    const { hub, session, wrote } = live(seed);
    expect(session.outbox).toEqual([]);
    expect(hub.stored.flatMap((one) => one.id ?? [])).toEqual(wrote);
    expect(session.messages.map(({ position, text }) => [position, text])).toEqual(
      hub.stored.map(({ position, text }) => [position, text]),
    );
  });
});
