/** One call in the list: how long is left, who, which number and why, and what to do about it. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type Ref, useCallback } from "react";
import { Link } from "react-router";
import { api } from "@/api/calls";
import type { Task } from "@/api/types";
import { useMay, useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { useNames } from "@/inbox/names";
import { Countdown } from "@/tasks/Countdown";
import { timeThere } from "@/tasks/countdown";
import { rereadTasks } from "@/tasks/queries";
import styles from "@/tasks/Tasks.module.css";
import { useSaving } from "@/ui/useSaving";

/** Whether one may take a task: a colleague's only with the right to move what others hold. */
export function useMayTake(task: Task): boolean {
  const me = useMe().operator.id;
  const others = useMay("assign_others");
  return task.assignee === null || (others && task.assignee !== me);
}

/** Take a task for oneself; the team stays. */
export function useTake() {
  const client = useQueryClient();
  const me = useMe().operator.id;
  const { busy, run } = useSaving();
  const take = useCallback(
    async (task: Task) => {
      await run(() => api.assignTask(task.id, { operator: me, team: task.team }));
      rereadTasks(client);
    },
    [client, me, run],
  );
  return { busy, take };
}

export function TaskPhone({ task }: { task: Task }) {
  const { t } = useI18n();
  const [number = "", extension] = task.phone.split(";ext=");
  return (
    <a
      href={`tel:${task.phone}`}
      className={styles.phone}
      data-call={task.id}
      aria-label={t("tasks.call", { phone: number })}
    >
      {extension ? `${number} (${extension})` : number}
    </a>
  );
}

interface Props {
  task: Task;
  active: boolean;
  nameRef: Ref<HTMLAnchorElement> | undefined;
  onOutcome: () => void;
  onGive: () => void;
}

export function TaskRow({ task, active, nameRef, onOutcome, onGive }: Props) {
  const { t, format } = useI18n();
  const mayReply = useMay("reply");
  const mayTake = useMayTake(task);
  const { busy, take } = useTake();
  const open = task.status === "open";
  return (
    <li className={styles.row} data-active={active || undefined} data-task={task.id}>
      {open ? (
        <Countdown task={task} />
      ) : (
        <time className={styles.countdown} dateTime={task.done_at ?? task.due_at}>
          {format.full(task.done_at ?? task.due_at)}
        </time>
      )}
      <div className={styles.who}>
        <Link ref={nameRef} to={`/inbox/all/${task.conversation}`} className={styles.name}>
          {task.contact_name ?? t("contact.nameless")}
        </Link>
        <TaskPhone task={task} />
        {task.reason ? <span>{task.reason}</span> : null}
        <Facts task={task} />
      </div>
      {open && mayReply ? (
        <div className={styles.actions}>
          {mayTake ? (
            <Button size="compact-md" variant="default" disabled={busy} onClick={() => void take(task)}>
              {t("tasks.take")}
            </Button>
          ) : null}
          <Button size="compact-md" variant="default" onClick={onGive}>
            {t("tasks.give")}
          </Button>
          <Button size="compact-md" onClick={onOutcome}>
            {t("tasks.outcome")}
          </Button>
        </div>
      ) : null}
    </li>
  );
}

/** The quiet facts: whose it is, what they wanted in their own time, where they came from, what was tried. */
function Facts({ task }: { task: Task }) {
  const { t, locale } = useI18n();
  const names = useNames();
  const there = timeThere(task.due_at, task.zone, locale);
  const last = task.attempts.at(-1);
  const facts = [
    task.assignee ? names.operator(task.assignee) : task.team ? names.team(task.team) : t("tasks.of_nobody"),
    there ? t("tasks.there", { when: there, zone: task.zone }) : null,
    task.wanted && !task.wanted_at ? t("tasks.wanted", { words: task.wanted }) : null,
    task.attempts.length > 0 ? t("tasks.attempts", { n: task.attempts.length }) : null,
    last ? t(`disposition.${last.disposition}`) : null,
    last?.note ? last.note : null,
  ].filter((fact) => fact !== null);
  return (
    <span className={styles.quiet}>
      {facts.join(" · ")}
      {/^https?:\/\//.test(task.page) ? (
        <>
          {" · "}
          <a href={task.page} target="_blank" rel="noreferrer noopener">
            {t("tasks.from_page")}
          </a>
        </>
      ) : null}
    </span>
  );
}
