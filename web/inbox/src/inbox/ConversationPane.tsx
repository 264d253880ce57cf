/** An open conversation: its head and actions, who holds it and why, the thread, and the composer. */
import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { ApiError } from "@/api/client";
import type { ConversationDetail, View } from "@/api/types";
import { useMay } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { useAct } from "@/inbox/actions";
import { Composer, type ComposerHandle } from "@/inbox/Composer";
import styles from "@/inbox/ConversationPane.module.css";
import { type Dialog, Dialogs } from "@/inbox/Dialogs";
import { HolderLine } from "@/inbox/HolderLine";
import { Thread } from "@/inbox/Thread";
import { ThreadHeader } from "@/inbox/ThreadHeader";
import { useLooking } from "@/inbox/useLooking";
import { detailOptions } from "@/live/queries";
import { TaskStrip } from "@/tasks/TaskStrip";
import { IconAlertCircle } from "@/ui/icons";
import { Empty } from "@/ui/parts";

interface Props {
  id: string;
  /** The position of a message to begin at instead of the end. */
  at: number | null;
  view: View;
  contactOpen: boolean;
  onContact: () => void;
  onClose: () => void;
}

export function ConversationPane(props: Props) {
  const { t } = useI18n();
  const words = useWords();
  const detail = useQuery(detailOptions(props.id));
  if (detail.data) return <Opened {...props} detail={detail.data} />;
  const gone = detail.error instanceof ApiError && detail.error.status === 404;
  return (
    <section className={styles.pane} aria-label={t("thread.label")} aria-busy={detail.isPending}>
      {detail.isError ? (
        <Empty
          icon={IconAlertCircle}
          title={t(gone ? "thread.gone" : "thread.failed")}
          action={
            <Button variant="default" onClick={() => (gone ? props.onClose() : void detail.refetch())}>
              {t(gone ? "back_to_list" : "retry")}
            </Button>
          }
        >
          {gone ? t("thread.gone_hint") : words(detail.error)}
        </Empty>
      ) : (
        <div className={styles.placeholder} aria-hidden>
          <Skeleton height={32} circle />
          <Skeleton height={12} width={180} radius="sm" />
        </div>
      )}
    </section>
  );
}

function Opened({ id, at, contactOpen, onContact, onClose, detail }: Props & { detail: ConversationDetail }) {
  const { t } = useI18n();
  const mayReply = useMay("reply");
  const [act, busy] = useAct(detail);
  const [dialog, setDialog] = useState<Dialog>(null);
  const [typing, setTyping] = useState(false);
  const composer = useRef<ComposerHandle>(null);
  useLooking(id, typing);

  const resolve = useCallback(
    () => act({ action: detail.status === "open" || detail.status === "snoozed" ? "resolve" : "reopen" }),
    [act, detail.status],
  );
  const take = useCallback(() => act({ action: "take", from: detail.assignee }), [act, detail.assignee]);
  const mine = {
    reply: () => composer.current?.focus("out"),
    note: () => composer.current?.focus("note"),
    resolve: () => void resolve(),
    take: () => void take(),
    hand_back: () => void act({ action: "hand_back", to: "queue" }),
    assign: () => setDialog("assign"),
    snooze: () => setDialog("snooze"),
    tags: () => setDialog("tags"),
    call_back: () => setDialog("call_back"),
  };
  useShortcuts({
    ...(mayReply ? mine : {}),
    contact: onContact,
  });

  const name = detail.contact_detail.name ?? detail.contact_name ?? t("contact.nameless");
  return (
    <section className={styles.pane} aria-label={t("thread.with", { name })}>
      <ThreadHeader
        detail={detail}
        name={name}
        busy={busy}
        act={act}
        onTake={() => void take()}
        onResolve={() => void resolve()}
        onDialog={setDialog}
        contactOpen={contactOpen}
        onContact={onContact}
        onClose={onClose}
      />
      <HolderLine detail={detail} />
      <TaskStrip conversation={detail.id} />
      <Thread detail={detail} at={at} onEdit={(pending) => composer.current?.restore(pending)} />
      {mayReply ? (
        <Composer ref={composer} detail={detail} onTyping={setTyping} />
      ) : (
        <p className={styles.readOnly}>{t("composer.read_only")}</p>
      )}
      <Dialogs dialog={dialog} open={setDialog} detail={detail} act={act} />
    </section>
  );
}
