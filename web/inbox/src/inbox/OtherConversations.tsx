/** What else was said with this contact: every other conversation the viewer may see, the newest first. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { api } from "@/api/calls";
import type { ConversationDetail } from "@/api/types";
import { useI18n } from "@/i18n";
import styles from "@/inbox/OtherConversations.module.css";
import { keys } from "@/live/queries";
import { ChannelIcon } from "@/ui/parts";

export function OtherConversations({ detail }: { detail: ConversationDetail }) {
  const { t, format } = useI18n();
  const { view = "all" } = useParams();
  const query = useQuery({
    queryKey: keys.history(detail.contact, detail.revision),
    queryFn: ({ signal }) => api.contactConversations(detail.contact, signal),
    placeholderData: (before) => before,
  });
  const others = query.data?.items.filter((one) => one.id !== detail.id) ?? [];
  if (others.length === 0) return <p className={styles.quiet}>{t(query.isPending ? "loading" : "history.none")}</p>;
  return (
    <ul className={styles.list}>
      {others.map((one) => (
        <li key={one.id}>
          <Link to={`/inbox/${view}/${one.id}`} className={styles.item}>
            <ChannelIcon kind={one.channel_kind} />
            <span className={styles.preview}>
              {one.last_message?.deleted ? t("message.deleted") : one.last_message?.preview || t("list.attachment")}
            </span>
            <span className={styles.fine}>
              {t(`status.${one.status}`)} · {format.date(one.last_activity_at)}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
