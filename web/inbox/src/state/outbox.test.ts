import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Outgoing } from "@/api/calls";
import { ApiError } from "@/api/client";
import type { Message } from "@/api/types";
import { keptItems, Outbox, stillPending } from "@/state/outbox";
import { ME, message } from "@/test_data";

const compose = { conversation: "c", text: "Hello", attachments: [], direction: "out" as const, seenPosition: 3 };

/** An outbox whose hub gives the answers of a list, one after the other. */
function outboxWith(answers: (Message | ApiError)[]) {
  const asked: Outgoing[] = [];
  const outbox = new Outbox(async (_conversation, body) => {
    asked.push(body);
    const answer = answers.shift();
    if (!answer || answer instanceof ApiError) throw answer ?? new ApiError(400, "no_answer", "No answer is left.");
    return answer;
  }, "place");
  return { outbox, asked };
}

describe("the outbox", () => {
  beforeEach(() => sessionStorage.clear());

  it("hands over what the hub accepted and keeps nothing", async () => {
    const { outbox } = outboxWith([message(4)]);
    const sent = vi.fn();
    outbox.onSent = sent;
    outbox.send(compose);
    expect(outbox.of("c")[0]?.state).toBe("sending");
    await vi.waitFor(() => expect(sent).toHaveBeenCalledOnce());
    await vi.waitFor(() => expect(outbox.of("c")).toEqual([]));
  });

  it("tries again under the same key while nobody answers", async () => {
    const { outbox, asked } = outboxWith([new ApiError(0, "network", "Not reached."), message(4)]);
    outbox.send(compose);
    await vi.waitFor(() => expect(outbox.of("c")[0]?.state).toBe("waiting"));
    outbox.wake();
    await vi.waitFor(() => expect(outbox.of("c")).toEqual([]));
    expect(asked.map((body) => body.key)).toEqual([asked[0]?.key, asked[0]?.key]);
  });

  it("holds back a stale reply until its author decides, then sends it confirmed under a new key", async () => {
    const conflict = new ApiError(409, "conversation_moved_on", "A newer message arrived.", { newer: [message(4)] });
    const { outbox, asked } = outboxWith([conflict, message(5)]);
    outbox.send(compose);
    await vi.waitFor(() => expect(outbox.of("c")[0]?.state).toBe("conflict"));
    expect(outbox.of("c")[0]?.newer).toHaveLength(1);
    outbox.confirm(outbox.of("c")[0]?.key ?? "");
    await vi.waitFor(() => expect(outbox.of("c")).toEqual([]));
    expect(asked[1]).toMatchObject({ confirm: true });
    expect(asked[1]?.key).not.toBe(asked[0]?.key);
  });

  it("says why a message was refused, and repeats it on request under its key", async () => {
    const { outbox, asked } = outboxWith([new ApiError(422, "too_long", "The text is too long."), message(4)]);
    outbox.send(compose);
    await vi.waitFor(() =>
      expect(outbox.of("c")[0]).toMatchObject({ state: "failed", error: { message: "The text is too long." } }),
    );
    outbox.retry(outbox.of("c")[0]?.key ?? "");
    await vi.waitFor(() => expect(outbox.of("c")).toEqual([]));
    expect(asked[1]?.key).toBe(asked[0]?.key);
  });

  it("sends nothing more once its person has left, and keeps it for them", async () => {
    const { outbox, asked } = outboxWith([new ApiError(0, "network", "Not reached."), message(4)]);
    outbox.send(compose);
    await vi.waitFor(() => expect(outbox.of("c")[0]?.state).toBe("waiting"));
    outbox.stop();
    await Promise.resolve();
    outbox.wake();
    await Promise.resolve();
    expect(asked).toHaveLength(1);
    expect(keptItems("place")).toMatchObject([{ text: "Hello" }]);
    expect(keptItems("another")).toEqual([]);
  });

  it("sends the messages of one conversation one after the other", async () => {
    const { outbox, asked } = outboxWith([message(4), message(5)]);
    outbox.send({ ...compose, text: "First" });
    outbox.send({ ...compose, text: "Second" });
    await vi.waitFor(() => expect(outbox.of("c")).toEqual([]));
    expect(asked.map((body) => body.text)).toEqual(["First", "Second"]);
  });

  it("does not show a message twice when the feed is quicker than the answer", () => {
    const { outbox } = outboxWith([]);
    outbox.send(compose);
    outbox.send(compose);
    const twin = message(4, { direction: "out", author: { kind: "operator", id: ME, name: null }, text: "Hello" });
    expect(stillPending(outbox.of("c"), [twin], ME)).toHaveLength(1);
    expect(stillPending(outbox.of("c"), [message(4, { text: "Hello" })], ME)).toHaveLength(2);
  });
});
