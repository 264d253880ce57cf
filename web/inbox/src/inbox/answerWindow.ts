/** The time within which a channel takes answers, where it has such a rule: 24 hours in Telegram's business chats. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ConversationDetail, Message } from "@/api/types";
import { threadOptions } from "@/live/queries";

/** Said beforehand when less than this is left. */
const SOON_MS = 6 * 3_600_000;
const LOOK_MS = 30_000;

export interface AnswerWindow {
  /** When it ends, ISO; null where there is no rule. */
  until: string | null;
  closed: boolean;
  /** There is little time left. */
  soon: boolean;
}

export function windowOf(
  windowS: number | null | undefined,
  heardAt: string | null | undefined,
  items: Pick<Message, "direction" | "source_at" | "created_at">[],
  now: number,
): AnswerWindow {
  if (windowS == null) return { until: null, closed: false, soon: false };
  const heard = items.filter((item) => item.direction === "in").map((item) => item.source_at ?? item.created_at);
  const newest = Math.max(...[...heard, heardAt ?? ""].map((at) => Date.parse(at)).filter((at) => !Number.isNaN(at)));
  if (!Number.isFinite(newest)) return { until: null, closed: true, soon: false };
  const end = newest + windowS * 1000;
  return { until: new Date(end).toISOString(), closed: end <= now, soon: end > now && end - now < SOON_MS };
}

export function useAnswerWindow(detail: ConversationDetail): AnswerWindow {
  const client = useQueryClient();
  const thread = useQuery(threadOptions(client, detail.id)).data;
  const [now, setNow] = useState(() => Date.now());
  const ruled = detail.answer_window_s != null;
  useEffect(() => {
    if (!ruled) return;
    const timer = setInterval(() => setNow(Date.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, [ruled]);
  return windowOf(detail.answer_window_s, detail.heard_at, thread?.items ?? [], now);
}
