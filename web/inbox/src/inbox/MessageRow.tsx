/** One message: the contact at the left, we at the right, notes tinted, and how far it has come. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { memo, useState } from "react";
import { api } from "@/api/calls";
import type { ConversationDetail, Message } from "@/api/types";
import { useMe } from "@/app/session";
import { type Key, useI18n } from "@/i18n";
import { saidOfDelivery } from "@/i18n/reasons";
import { useWords } from "@/i18n/words";
import { AnswersCard } from "@/inbox/AnswersCard";
import { Attachments } from "@/inbox/Attachments";
import { LinkedText } from "@/inbox/links";
import { MailFolded, MailHead } from "@/inbox/MailParts";
import { MarkedText } from "@/inbox/MarkedText";
import { MessageMenu, Rewriting, useChangeable } from "@/inbox/MessageActions";
import { Before, EarlierTexts, Place, Reactions } from "@/inbox/MessageParts";
import type { Names } from "@/inbox/names";
import { nextTry } from "@/inbox/nextTry";
import type { Row } from "@/inbox/rows";
import styles from "@/inbox/Thread.module.css";
import { applyToQueries } from "@/live/queries";
import { toast } from "@/state/toasts";
import { Avatar } from "@/ui/Avatar";
import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconNote, IconRefresh } from "@/ui/icons";
import { Reason } from "@/ui/Reason";

interface Props {
  row: Extract<Row, { kind: "message" }>;
  detail: ConversationDetail;
  names: Names;
  /** Whether a search has led to it. */
  found: boolean;
}

function authorOf(
  message: Message,
  detail: ConversationDetail,
  names: Names,
  t: ReturnType<typeof useI18n>["t"],
  me: string,
) {
  const { kind, id, name } = message.author;
  if (kind === "contact") return detail.contact_detail.name ?? name ?? t("contact.nameless");
  if (kind === "bot") return name ?? t("bot");
  if (kind === "system") return t("system");
  if (id === me) return t("you");
  return name ?? (id ? names.operator(id) : t("colleague"));
}

export const MessageRow = memo(function MessageRow({ row, detail, names, found }: Props) {
  const { t, format } = useI18n();
  const me = useMe().operator.id;
  const { message, first, last } = row;
  const { direction, author } = message;
  const mail = message.details?.mail;
  const name = authorOf(message, detail, names, t, me);
  const seed = author.kind === "contact" ? detail.contact : (author.id ?? author.kind);
  const machine = author.kind === "bot" || author.kind === "system";
  const changeable = useChangeable(message, detail);
  const [rewriting, setRewriting] = useState(false);
  return (
    <article
      className={styles.message}
      data-direction={direction}
      data-machine={machine || undefined}
      data-first={first || undefined}
      data-last={last || undefined}
      data-found={found || undefined}
      aria-current={found ? "true" : undefined}
      data-failed={message.delivery?.status === "failed" || undefined}
      aria-label={t("message.label", { name, when: format.full(message.created_at) })}
    >
      <span className={styles.side}>
        {last ? <Avatar name={message.author.name ?? name} seed={seed} size="sm" bot={machine} /> : null}
      </span>
      <div className={styles.column}>
        {first && (direction !== "in" || author.kind !== "contact") ? (
          <p className={styles.author}>
            {direction === "note" ? <IconNote size={14} aria-hidden /> : null}
            {direction !== "note" ? name : author.id === me ? t("message.note_mine") : t("message.note_by", { name })}
            {message.automatic ? <span className={styles.quiet}> · {t("message.automatic")}</span> : null}
          </p>
        ) : null}
        {message.card ? <AnswersCard card={message.card} /> : null}
        <div className={styles.bubble} data-bare={message.card ? true : undefined}>
          {mail ? <MailHead message={message} mail={mail} /> : null}
          {message.details ? <Before details={message.details} /> : null}
          {message.deleted_at ? <p className={styles.gone}>{t("message.deleted")}</p> : null}
          {rewriting ? <Rewriting message={message} onDone={() => setRewriting(false)} /> : null}
          {message.text && !message.card && !rewriting ? (
            <p className={styles.text}>
              {message.details?.html ? (
                <MarkedText html={message.details.html} />
              ) : (
                <LinkedText text={message.handover ? t("message.handover") : message.text} />
              )}
            </p>
          ) : null}
          {mail ? <MailFolded message={message} mail={mail} /> : null}
          {message.details ? <Place details={message.details} /> : null}
          <Attachments items={message.attachments.filter((file) => file.id !== mail?.original)} />
          <p className={styles.meta}>
            {message.button ? <span>{t("message.button")}</span> : null}
            {message.edited_at ? <span title={format.full(message.edited_at)}>{t("message.edited")}</span> : null}
            <time dateTime={message.created_at} title={timesOf(message, t, format.full)}>
              {format.time(message.created_at)}
            </time>
            {direction === "out" && message.delivery ? <DeliveryMark message={message} /> : null}
            {changeable && !rewriting ? <MessageMenu message={message} onEdit={() => setRewriting(true)} /> : null}
          </p>
        </div>
        {message.buttons.length > 0 ? (
          <ul className={styles.buttons} aria-label={t("message.buttons")}>
            {message.buttons.map((button) => (
              <li key={button.value}>{button.label}</li>
            ))}
          </ul>
        ) : null}
        <Reactions items={message.reactions ?? []} />
        <EarlierTexts message={message} />
        <Trouble message={message} />
      </div>
    </article>
  );
});

/** The service's own time beside ours, where it differs by more than a minute. */
function timesOf(message: Message, t: ReturnType<typeof useI18n>["t"], full: (iso: string) => string): string {
  const { created_at: at, source_at: source } = message;
  if (!source || Math.abs(Date.parse(source) - Date.parse(at)) < 60_000) return full(at);
  return t("message.times", { received: full(at), written: full(source) });
}

const MARKS = {
  queued: IconClock,
  sending: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
  failed: IconAlertCircle,
} as const;

function DeliveryMark({ message }: { message: Message }) {
  const { t } = useI18n();
  const status = message.delivery?.status ?? "queued";
  const Icon = MARKS[status];
  const label = t(`delivery.${status}` satisfies Key);
  return (
    <span className={styles.mark} data-status={status} title={label}>
      <Icon size={14} stroke={2} aria-hidden />
      <span className="only-heard">{label}</span>
    </span>
  );
}

/** Why it failed, or that it may have come twice, and what can be done about it. */
function Trouble({ message }: { message: Message }) {
  const { t, format, locale } = useI18n();
  const words = useWords();
  const client = useQueryClient();
  const me = useMe().operator.id;
  const [busy, setBusy] = useState(false);
  const delivery = message.delivery;
  if (!delivery) return null;
  const said = saidOfDelivery(delivery, locale);
  if (delivery.status !== "failed") {
    // What is queued says why it waits, what is sent what of it did not work.
    const again = nextTry(delivery);
    if (!delivery.may_repeat && !said && !again) return null;
    return (
      <p className={styles.hint}>
        {delivery.may_repeat ? `${t("delivery.may_repeat")}. ` : null}
        {said ? <Reason said={said} /> : null}
        {again ? ` ${t("delivery.again_at", { when: format.full(again) })}.` : null}
      </p>
    );
  }
  const retry = async () => {
    setBusy(true);
    try {
      const data = await api.retry(message.conversation, message.id);
      applyToQueries(client, [{ kind: "message", cursor: "", conversation: message.conversation, data }], me);
    } catch (error) {
      toast("bad", words(error));
    }
    setBusy(false);
  };
  const cancelled = delivery.code === "cancelled";
  const failed = t(cancelled ? "delivery.cancelled" : "delivery.failed");
  return (
    <p className={styles.trouble}>
      <span>{said ? <Reason said={said} before={failed} /> : `${failed}.`}</span>
      {cancelled ? null : (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconRefresh size={14} />}
          loading={busy}
          onClick={() => void retry()}
        >
          {t("retry")}
        </Button>
      )}
    </p>
  );
}
