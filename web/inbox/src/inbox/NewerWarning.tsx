/** Warns while one writes that somebody else has said something in the meantime. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import type { Message } from "@/api/types";
import { useI18n } from "@/i18n";
import styles from "@/inbox/Composer.module.css";
import { authorName } from "@/inbox/names";
import { threadOptions } from "@/live/queries";
import { IconAlertTriangle } from "@/ui/icons";

export interface Newer {
  /** The newest position the author has seen. */
  seen: number;
  /** Newer public messages of others that came while writing. */
  messages: Message[];
  accept: () => void;
}

/** While nothing is being written everything shown counts as seen; from then on only what the author accepts. */
export function useNewer(conversation: string, writing: boolean, me: string): Newer {
  const client = useQueryClient();
  const thread = useQuery(threadOptions(client, conversation)).data;
  const loaded = thread !== undefined; // a kept draft may be there before what it answers
  const last = thread?.items.at(-1)?.position ?? 0;
  const [seen, setSeen] = useState<number | null>(null);
  useEffect(() => {
    setSeen((known) => (writing && loaded ? (known ?? last) : null));
  }, [writing, loaded, last]);
  const position = writing ? (seen ?? last) : last;
  const messages = (thread?.items ?? []).filter(
    (message) => message.position > position && message.direction !== "note" && message.author.id !== me,
  );
  return { seen: position, messages, accept: useCallback(() => setSeen(last), [last]) };
}

export function NewerWarning({ newer }: { newer: Newer }) {
  const { t } = useI18n();
  const message = newer.messages.at(-1);
  return (
    <div role="status">
      {message ? (
        <div className={styles.newer}>
          <IconAlertTriangle size={16} aria-hidden />
          <p>
            <b>{t("newer.title", { name: authorName(message.author, t) })}</b> {message.text || t("list.attachment")}
          </p>
          <Button size="compact-sm" variant="default" onClick={newer.accept}>
            {t("newer.accept")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
