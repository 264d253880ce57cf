/** The time that is left for a call, by the hub's clock; late ones say so in words and in colour. */
import { useQuery } from "@tanstack/react-query";
import type { Task } from "@/api/types";
import { useNow } from "@/app/media";
import { useI18n } from "@/i18n";
import { leftUntil } from "@/tasks/countdown";
import { taskCountersOptions } from "@/tasks/queries";
import styles from "@/tasks/Tasks.module.css";

const URGENT_S = 300;

export function Countdown({ task }: { task: Task }) {
  const { t, format } = useI18n();
  const ahead = useQuery(taskCountersOptions()).data?.ahead ?? 0;
  const now = useNow(1_000);
  const left = leftUntil(task.due_at, now + ahead);
  const tone = left.late ? "late" : left.seconds <= URGENT_S ? "soon" : "later";
  const words =
    left.text === null
      ? t("tasks.due_at", { when: format.full(task.due_at) })
      : t(left.late ? "tasks.late" : "tasks.due_in", { time: left.text });
  return (
    <time className={styles.countdown} data-tone={tone} dateTime={task.due_at} title={format.full(task.due_at)}>
      {words}
    </time>
  );
}
