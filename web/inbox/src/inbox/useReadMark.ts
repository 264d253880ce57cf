/** Moves the read mark while the end of a conversation is looked at. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import type { ConversationDetail } from "@/api/types";
import { useMe } from "@/app/session";
import { applyToQueries } from "@/live/queries";

const SETTLE_MS = 400;

export function useReadMark(detail: ConversationDetail, last: number, atEnd: boolean): void {
  const client = useQueryClient();
  const me = useMe().operator.id;
  const looking = useLooked();
  const sent = useRef(detail.read_position ?? 0);
  const { id } = detail;
  useEffect(() => {
    if (!atEnd || !looking || last <= sent.current) return;
    const timer = setTimeout(() => {
      const before = sent.current;
      sent.current = last;
      const data = { conversation: id, position: last };
      applyToQueries(client, [{ kind: "read_mark", cursor: "", conversation: id, data }], me);
      api.markRead(id, last).catch(() => {
        sent.current = Math.min(sent.current, before);
      });
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [id, last, atEnd, looking, client, me]);
}

/** Whether a person has this page before them. */
function useLooked(): boolean {
  const [looked, setLooked] = useState(() => document.visibilityState === "visible" && document.hasFocus());
  useEffect(() => {
    const check = () => setLooked(document.visibilityState === "visible" && document.hasFocus());
    window.addEventListener("focus", check);
    window.addEventListener("blur", check);
    document.addEventListener("visibilitychange", check);
    return () => {
      window.removeEventListener("focus", check);
      window.removeEventListener("blur", check);
      document.removeEventListener("visibilitychange", check);
    };
  }, []);
  return looked;
}
