/** The outbox of this tab, joined to the thread that shows what it sent. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useMemo } from "react";
import { api } from "@/api/calls";
import { placeKey } from "@/api/client";
import { useMe } from "@/app/session";
import { useLive } from "@/live/LiveProvider";
import { applyToQueries } from "@/live/queries";
import { keptItems, Outbox } from "@/state/outbox";

const OutboxContext = createContext<Outbox | null>(null);

export function useOutbox(): Outbox {
  const outbox = use(OutboxContext);
  if (!outbox) throw new Error("useOutbox needs OutboxProvider");
  return outbox;
}

export function OutboxProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const me = useMe().operator.id;
  const place = placeKey();
  const { status } = useLive();
  const outbox = useMemo(() => new Outbox(api.send, place, keptItems(place)), [place]);

  useEffect(() => {
    outbox.onSent = (message) =>
      applyToQueries(client, [{ kind: "message", cursor: "", conversation: message.conversation, data: message }], me);
  }, [outbox, client, me]);

  useEffect(() => {
    outbox.start();
    return () => outbox.stop();
  }, [outbox]);

  useEffect(() => {
    if (status.state === "live") outbox.wake();
  }, [outbox, status.state]);

  return <OutboxContext value={outbox}>{children}</OutboxContext>;
}
