/** A conversation as a list shows it: who, what was said last, who holds it, how long it waits. */
import { memo } from "react";
import { Link } from "react-router";
import type { Conversation, View } from "@/api/types";
import { type I18n, useI18n } from "@/i18n";
import styles from "@/inbox/ConversationList.module.css";
import type { Names } from "@/inbox/names";
import { Avatar } from "@/ui/Avatar";
import { IconClock, IconFlag3, IconHourglass, IconInbox, IconRobot, IconUserCheck } from "@/ui/icons";
import { Badge, ChannelIcon } from "@/ui/parts";
import { useHold } from "@/ui/useHold";

/** Whether there is something this operator has not seen: the contact's words, or a waiting contact with a bot's on top. */
export function isUnread(item: Conversation): boolean {
  const { last_message: last, read_position: read, waiting_since: waiting } = item;
  return last !== null && read !== undefined && last.position > read && (last.direction === "in" || waiting !== null);
}

/** A wait after which the badge turns red. */
const LONG_WAIT_MS = 30 * 60_000;

interface Props {
  item: Conversation;
  view: View;
  selected: boolean;
  names: Names;
  now: number;
  /** What a tap does instead of opening it. */
  onTap?: (id: string) => void;
  /** What a finger that stays does. */
  onHold?: (id: string) => void;
}

export const ListItem = memo(function ListItem({ item, view, selected, names, now, onTap, onHold }: Props) {
  const hold = useHold(() => onHold?.(item.id));
  const i18n = useI18n();
  const { t, format } = i18n;
  const name = item.contact_name ?? t("contact.nameless");
  const unread = isUnread(item);
  return (
    <Link
      to={`/inbox/${view}/${item.id}`}
      className={styles.item}
      aria-current={selected ? "true" : undefined}
      data-unread={unread || undefined}
      {...hold.handlers}
      onClick={(event) => {
        const ended = hold.ends();
        if (ended || onTap) event.preventDefault();
        if (!ended) onTap?.(item.id);
      }}
    >
      <span className={styles.face}>
        <Avatar name={name} seed={item.contact} />
        <span className={styles.kind}>
          <ChannelIcon kind={item.channel_kind} size={13} />
        </span>
      </span>
      <span className={styles.body}>
        <span className={styles.line}>
          <span className={styles.name}>{name}</span>
          {item.priority === "urgent" || item.priority === "high" ? (
            <Badge tone={item.priority === "urgent" ? "danger" : "warn"} icon={IconFlag3}>
              {t(`priority.${item.priority}`)}
            </Badge>
          ) : null}
          <time className={styles.time} dateTime={item.last_activity_at}>
            {format.brief(item.last_activity_at, now)}
          </time>
        </span>
        <span className={styles.line}>
          <Preview item={item} i18n={i18n} />
          {unread ? (
            <span className={styles.dot}>
              <span className="only-heard">{t("list.unread")}</span>
            </span>
          ) : null}
        </span>
        <span className={styles.line}>
          <Holder item={item} names={names} />
          <Waiting item={item} now={now} />
        </span>
      </span>
    </Link>
  );
});

function Preview({ item, i18n: { t } }: { item: Conversation; i18n: I18n }) {
  const last = item.last_message;
  if (!last) return <span className={styles.preview}>{t("list.no_message")}</span>;
  const who =
    last.direction === "note"
      ? t("list.note")
      : last.direction === "in"
        ? ""
        : last.author_kind === "operator"
          ? "→"
          : t("list.bot");
  return (
    <span className={styles.preview}>
      {who ? <b>{who} </b> : null}
      {last.deleted ? t("message.deleted") : last.preview || t("list.attachment")}
    </span>
  );
}

function Holder({ item, names }: { item: Conversation; names: Names }) {
  const { t, format } = useI18n();
  const team = item.team ? names.team(item.team) : null;
  if (item.status === "snoozed") {
    const until = item.snoozed_until
      ? t("holder.snoozed_until", { when: format.full(item.snoozed_until) })
      : t("holder.snoozed");
    return <Held icon={<IconClock size={14} />} text={until} />;
  }
  if (item.status !== "open") return <Held icon={null} text={t(`status.${item.status}`)} />;
  if (item.control === "bot") return <Held icon={<IconRobot size={14} />} text={t("holder.bot")} />;
  if (item.assignee) return <Held icon={<IconUserCheck size={14} />} text={names.operator(item.assignee)} />;
  return <Held icon={<IconInbox size={14} />} text={team ?? t("holder.queue")} />;
}

function Held({ icon, text }: { icon: React.ReactNode; text: string }) {
  return (
    <span className={styles.holder}>
      {icon}
      <span>{text}</span>
    </span>
  );
}

function Waiting({ item, now }: { item: Conversation; now: number }) {
  const { t, format } = useI18n();
  if (!item.waiting_since || item.status !== "open" || item.control === "bot") return null;
  const long = now - Date.parse(item.waiting_since) > LONG_WAIT_MS;
  return (
    <Badge tone={long ? "danger" : "warn"} icon={IconHourglass}>
      <span className="only-heard">{t("list.waiting")}</span>
      {format.elapsed(item.waiting_since, now)}
    </Badge>
  );
}
