/** One line: who holds this conversation and why. */
import type { ConversationDetail } from "@/api/types";
import { useMe } from "@/app/session";
import { type I18n, useI18n } from "@/i18n";
import styles from "@/inbox/ConversationPane.module.css";
import { type Names, useNames } from "@/inbox/names";
import { IconArchive, IconBan, IconClock, IconInbox, IconRobot, IconUserCheck } from "@/ui/icons";

function holderOf(detail: ConversationDetail, names: Names, me: string, { t, format }: I18n) {
  if (detail.status === "spam") return { icon: IconBan, text: t("status.spam"), tone: "plain" };
  if (detail.status === "resolved") return { icon: IconArchive, text: t("status.resolved"), tone: "plain" };
  if (detail.status === "snoozed") {
    const when = detail.snoozed_until;
    const text = when ? t("holder.snoozed_until", { when: format.full(when) }) : t("holder.snoozed");
    return { icon: IconClock, text, tone: "plain" };
  }
  if (detail.control === "bot") return { icon: IconRobot, text: t("holder.bot_long"), tone: "bot" };
  if (detail.assignee === me) return { icon: IconUserCheck, text: t("holder.you"), tone: "mine" };
  if (detail.assignee)
    return { icon: IconUserCheck, text: t("holder.other", { name: names.operator(detail.assignee) }), tone: "other" };
  if (detail.team) return { icon: IconInbox, text: t("holder.team", { team: names.team(detail.team) }), tone: "queue" };
  return { icon: IconInbox, text: t("holder.queue_long"), tone: "queue" };
}

export function HolderLine({ detail }: { detail: ConversationDetail }) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const me = useMe().operator.id;
  const names = useNames();
  const { icon: Icon, text, tone } = holderOf(detail, names, me, i18n);
  const since = detail.control_since ?? detail.created_at;
  return (
    <p className={styles.holder} data-tone={tone}>
      <Icon size={16} stroke={1.75} aria-hidden />
      <span>
        <b>{text}</b>
        <span className={styles.why}>
          {" · "}
          {t(`reason.${detail.control_reason}`)}
          {" · "}
          <time dateTime={since}>{format.brief(since)}</time>
        </span>
      </span>
    </p>
  );
}
