/** What the author of a message can still do to it: change its words, take it back. */
import { ActionIcon, Button, Menu, Modal, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { api } from "@/api/calls";
import type { ConversationDetail, Message } from "@/api/types";
import { useMay, useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import styles from "@/inbox/Thread.module.css";
import { applyToQueries } from "@/live/queries";
import { IconDots, IconPencil, IconTrash } from "@/ui/icons";
import pageStyles from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

const ARRIVED = ["sent", "delivered", "read"];

/** Whether the viewer may change the message: their own, which the contact has, on a channel that lets it change. */
export function useChangeable(message: Message, detail: ConversationDetail): boolean {
  const me = useMe().operator.id;
  const may = useMay("reply");
  const own = message.author.kind === "operator" && message.author.id === me;
  if (!may || !own || message.deleted_at || message.card) return false;
  if (message.direction === "note") return true;
  return detail.channel_detail.capabilities?.edits === true && ARRIVED.includes(message.delivery?.status ?? "");
}

interface Props {
  message: Message;
  onEdit: () => void;
}

export function MessageMenu({ message, onEdit }: Props) {
  const { t } = useI18n();
  const { busy, run } = useSaving();
  const show = useShow();
  const [asked, setAsked] = useState(false);
  const takeBack = () =>
    run(async () => {
      show(await api.takeBack(message.conversation, message.id));
      setAsked(false);
    });
  return (
    <>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon size="sm" className={styles.more ?? ""} aria-label={t("message.actions")}>
            <IconDots size={14} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={onEdit}>
            {t("edit")}
          </Menu.Item>
          <Menu.Item leftSection={<IconTrash size={16} />} color="red" onClick={() => setAsked(true)}>
            {t("message.delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={asked}
        onClose={() => setAsked(false)}
        title={t("message.delete")}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        <div className={pageStyles.form}>
          <p className={pageStyles.quiet}>
            {t(message.direction === "note" ? "message.delete_note_hint" : "message.delete_hint")}
          </p>
          <Button color="red" loading={busy} onClick={() => void takeBack()}>
            {t("message.delete")}
          </Button>
        </div>
      </Modal>
    </>
  );
}

/** The words of a message, to be changed in their place. */
export function Rewriting({ message, onDone }: { message: Message; onDone: () => void }) {
  const { t } = useI18n();
  const { busy, run } = useSaving();
  const show = useShow();
  const [text, setText] = useState(message.text);
  const ready = text.trim() !== "" && text.trim() !== message.text;
  const save = async () => {
    if (!ready) return;
    if (await run(async () => show(await api.rewrite(message.conversation, message.id, text.trim())))) onDone();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onDone();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
    event.stopPropagation();
  };
  return (
    <div className={styles.rewriting}>
      <Textarea
        aria-label={t("message.new_text")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        autosize
        maxRows={12}
        maxLength={20_000}
        data-autofocus
        autoFocus
      />
      <span className={styles.rewritingButtons}>
        <Button variant="default" size="compact-sm" onClick={onDone}>
          {t("cancel")}
        </Button>
        <Button size="compact-sm" loading={busy} disabled={!ready} onClick={() => void save()}>
          {t("save")}
        </Button>
      </span>
    </div>
  );
}

function useShow(): (message: Message) => void {
  const client = useQueryClient();
  const me = useMe().operator.id;
  return (data) => applyToQueries(client, [{ kind: "message", cursor: "", conversation: data.conversation, data }], me);
}
