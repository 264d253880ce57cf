/** How an attempt to call ended: the task is done, or it goes on at another time. */
import { Button, Radio, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import { DISPOSITIONS, type Disposition, ENDING, type Task } from "@/api/types";
import { useI18n } from "@/i18n";
import { AGAIN_MINUTES, localInput } from "@/tasks/countdown";
import { rereadTasks } from "@/tasks/queries";
import styles from "@/tasks/Tasks.module.css";
import { Dialog } from "@/ui/Dialog";
import { useSaving } from "@/ui/useSaving";

export function OutcomeDialog({ task, onClose }: { task: Task; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Dialog onClose={onClose} title={t("tasks.outcome")} closeButtonProps={{ "aria-label": t("close") }}>
      <OutcomeForm task={task} onClose={onClose} />
    </Dialog>
  );
}

function OutcomeForm({ task, onClose }: { task: Task; onClose: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [disposition, setDisposition] = useState<Disposition>("reached");
  const [note, setNote] = useState("");
  const [again, setAgain] = useState("");
  const ends = ENDING.has(disposition);
  const moment = new Date(again);
  const valid = ends || (!Number.isNaN(moment.getTime()) && moment.getTime() > Date.now());

  const choose = (value: string) => {
    setDisposition(value as Disposition);
    const minutes = AGAIN_MINUTES[value];
    if (minutes) setAgain(localInput(new Date(Date.now() + minutes * 60_000)));
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!valid) return;
    const work = () =>
      ends
        ? api.finishTask(task.id, { disposition, note })
        : api.moveTask(task.id, { disposition, note, due_at: moment.toISOString() });
    if (await run(work, t("tasks.saved"))) onClose();
    rereadTasks(client);
  };
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      <Radio.Group label={task.contact_name ?? task.phone} value={disposition} onChange={choose}>
        <div className={styles.radios}>
          {DISPOSITIONS.map((value, index) => (
            <Radio
              key={value}
              value={value}
              label={t(`disposition.${value}`)}
              {...(index === 0 ? { "data-autofocus": true } : {})}
            />
          ))}
        </div>
      </Radio.Group>
      {ends ? null : (
        <TextInput
          type="datetime-local"
          label={t("tasks.again")}
          value={again}
          min={localInput(new Date())}
          onChange={(event) => setAgain(event.currentTarget.value)}
          error={valid ? null : t("snooze.past")}
        />
      )}
      <Textarea
        label={t("tasks.note")}
        value={note}
        maxLength={2_000}
        autosize
        minRows={2}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Button type="submit" disabled={!valid || busy}>
        {t("tasks.save")}
      </Button>
    </form>
  );
}
