/** The open calls of a conversation, above its thread. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Task } from "@/api/types";
import { useMay } from "@/app/session";
import { useI18n } from "@/i18n";
import { useNames } from "@/inbox/names";
import { Countdown } from "@/tasks/Countdown";
import { OutcomeDialog } from "@/tasks/OutcomeDialog";
import { tasksOfOptions } from "@/tasks/queries";
import { TaskPhone, useMayTake, useTake } from "@/tasks/TaskRow";
import styles from "@/tasks/Tasks.module.css";
import { IconPhone } from "@/ui/icons";

export function TaskStrip({ conversation }: { conversation: string }) {
  const { t } = useI18n();
  const open = useQuery(tasksOfOptions(conversation)).data?.items ?? [];
  const [asked, setAsked] = useState<Task | null>(null);
  if (open.length === 0) return null;
  return (
    <section aria-label={t("tasks.in_conversation")}>
      {open.map((task) => (
        <Line key={task.id} task={task} onOutcome={() => setAsked(task)} />
      ))}
      {asked ? <OutcomeDialog task={asked} onClose={() => setAsked(null)} /> : null}
    </section>
  );
}

function Line({ task, onOutcome }: { task: Task; onOutcome: () => void }) {
  const { t } = useI18n();
  const mayReply = useMay("reply");
  const mayTake = useMayTake(task);
  const names = useNames();
  const { busy, take } = useTake();
  return (
    <div className={styles.strip}>
      <IconPhone size={16} stroke={1.75} aria-hidden />
      <Countdown task={task} />
      <TaskPhone task={task} />
      <span className={styles.reason}>{task.reason || task.wanted}</span>
      {task.assignee ? <span className={styles.quiet}>{names.operator(task.assignee)}</span> : null}
      {mayReply ? (
        <>
          {mayTake ? (
            <Button size="compact-sm" variant="default" disabled={busy} onClick={() => void take(task)}>
              {t("tasks.take")}
            </Button>
          ) : null}
          <Button size="compact-sm" variant="default" onClick={onOutcome}>
            {t("tasks.outcome")}
          </Button>
        </>
      ) : null}
    </div>
  );
}
