/** Promising a call from a conversation. */
import { Button, Checkbox, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import type { ConversationDetail } from "@/api/types";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { localInput } from "@/tasks/countdown";
import { rereadTasks } from "@/tasks/queries";
import styles from "@/tasks/Tasks.module.css";
import { Dialog } from "@/ui/Dialog";
import { useSaving } from "@/ui/useSaving";

const SOON_MS = 15 * 60_000;

/** The number that is known of the contact, if any. */
export function phoneOf({ contact_detail: contact }: ConversationDetail): string {
  const address = contact.addresses?.find((one) => one.kind === "phone")?.value;
  return address ?? contact.fields.find((field) => field.name === "phone")?.value ?? "";
}

export function AddTask({ detail, onClose }: { detail: ConversationDetail; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Dialog onClose={onClose} title={t("tasks.add")} closeButtonProps={{ "aria-label": t("close") }}>
      <AddForm detail={detail} onClose={onClose} />
    </Dialog>
  );
}

function AddForm({ detail, onClose }: { detail: ConversationDetail; onClose: () => void }) {
  const { t } = useI18n();
  const me = useMe().operator.id;
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [key] = useState(() => crypto.randomUUID());
  const [phone, setPhone] = useState(() => phoneOf(detail));
  const [when, setWhen] = useState(() => localInput(new Date(Date.now() + SOON_MS)));
  const [reason, setReason] = useState("");
  const [mine, setMine] = useState(true);
  const moment = new Date(when);
  const valid = !Number.isNaN(moment.getTime()) && moment.getTime() > Date.now();

  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!valid) return;
    const due_at = moment.toISOString();
    const body = { key, phone, reason, due_at, operator: mine ? me : null, team: detail.team };
    if (await run(() => api.addTask(detail.id, body), t("tasks.added"))) onClose();
    rereadTasks(client);
  };
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      <TextInput
        type="tel"
        label={t("tasks.phone")}
        description={t("tasks.phone_hint")}
        value={phone}
        required
        maxLength={60}
        onChange={(event) => setPhone(event.currentTarget.value)}
        data-autofocus
      />
      <TextInput
        type="datetime-local"
        label={t("tasks.when")}
        value={when}
        min={localInput(new Date())}
        onChange={(event) => setWhen(event.currentTarget.value)}
        error={valid ? null : t("snooze.past")}
      />
      <TextInput
        label={t("tasks.reason")}
        value={reason}
        maxLength={1_000}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Checkbox label={t("tasks.for_me")} checked={mine} onChange={(event) => setMine(event.currentTarget.checked)} />
      <Button type="submit" disabled={!valid || busy}>
        {t("tasks.add")}
      </Button>
    </form>
  );
}
