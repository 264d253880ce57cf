/** Tells colleagues that this conversation is open here, and whether a reply is being written. */
import { useEffect } from "react";
import { useLive } from "@/live/LiveProvider";

const REPEAT_MS = 20_000;
/** The hub forgets typing after 10 s. */
const REPEAT_TYPING_MS = 6_000;

export function useLooking(conversation: string, typing: boolean): void {
  const { send, status } = useLive();
  const live = status.state === "live";
  useEffect(() => {
    if (!live) return;
    const say = () => {
      if (document.visibilityState === "visible") send({ type: "looking", conversation, typing });
    };
    say();
    const timer = setInterval(say, typing ? REPEAT_TYPING_MS : REPEAT_MS);
    return () => clearInterval(timer);
  }, [send, live, conversation, typing]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: leaving one conversation is said before the next
  useEffect(() => {
    if (!live) return;
    return () => send({ type: "looking", conversation: null, typing: false });
  }, [send, live, conversation]);
}
