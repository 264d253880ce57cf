/** Calls that were promised, the most urgent first: mine, those nobody has taken, all, and what is done. */
import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import type { Task, TaskList, TaskStatus } from "@/api/types";
import { PHONE, useMedia } from "@/app/media";
import { useMay, useMe } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { useI18n } from "@/i18n";
import { useNames } from "@/inbox/names";
import { OutcomeDialog } from "@/tasks/OutcomeDialog";
import { rereadTasks, taskCountersOptions, tasksOptions } from "@/tasks/queries";
import { TaskRow, useTake } from "@/tasks/TaskRow";
import styles from "@/tasks/Tasks.module.css";
import { Avatar } from "@/ui/Avatar";
import { IconPhone, IconUsers, IconX } from "@/ui/icons";
import { Loaded, PageFrame } from "@/ui/PageFrame";
import { Picker } from "@/ui/Picker";
import { Empty } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

type Filter = TaskList | "done";
const FILTERS: Filter[] = ["mine", "team", "all", "done"];

export default function TasksPage() {
  const { t } = useI18n();
  const [filter, setFilter] = useState<Filter>("all");
  const counters = useQuery(taskCountersOptions()).data;
  return (
    <PageFrame title={t("nav.tasks")} lead={t("tasks.lead")}>
      <fieldset className={styles.filters} style={{ margin: 0, padding: 0, border: 0 }}>
        <legend className="only-heard">{t("tasks.whose")}</legend>
        {FILTERS.map((one) => (
          <button
            key={one}
            type="button"
            className={styles.filter}
            aria-pressed={one === filter}
            onClick={() => setFilter(one)}
          >
            {t(`tasks.${one}`)}
            {one !== "done" && counters?.[one] ? ` ${counters[one] >= 100 ? "99+" : counters[one]}` : null}
          </button>
        ))}
      </fieldset>
      <List key={filter} whose={filter === "done" ? "all" : filter} status={filter === "done" ? "done" : "open"} />
    </PageFrame>
  );
}

function List({ whose, status }: { whose: TaskList; status: TaskStatus }) {
  const { t } = useI18n();
  const phone = useMedia(PHONE);
  const query = useInfiniteQuery(tasksOptions(whose, status));
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const [outcome, setOutcome] = useState<Task | null>(null);
  const [given, setGiven] = useState<Task | null>(null);
  const { active, row } = useKeys(items, status, setOutcome, setGiven);
  return (
    <>
      <Loaded query={query}>
        {() =>
          items.length === 0 ? (
            <Empty icon={IconPhone} title={t(status === "done" ? "tasks.none_done" : "tasks.none")}>
              {status === "done" ? null : t("tasks.none_hint")}
            </Empty>
          ) : (
            <ul className={styles.list}>
              {items.map((task) => (
                <TaskRow
                  key={task.id}
                  task={task}
                  active={task.id === active}
                  nameRef={task.id === active ? row : undefined}
                  onOutcome={() => setOutcome(task)}
                  onGive={() => setGiven(task)}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {items.length > 0 && status === "open" && !phone ? <p className={styles.quiet}>{t("help.task_keys")}</p> : null}
      {query.hasNextPage ? (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t("tasks.more")}
        </Button>
      ) : null}
      {outcome ? <OutcomeDialog task={outcome} onClose={() => setOutcome(null)} /> : null}
      <GivePicker task={given} onClose={() => setGiven(null)} />
    </>
  );
}

/** J and K go through the list; the other keys are about the active call. */
function useKeys(items: Task[], status: TaskStatus, ask: (task: Task) => void, give: (task: Task) => void) {
  const mayReply = useMay("reply");
  const { take } = useTake();
  const [active, setActive] = useState<string | null>(null);
  const row = useRef<HTMLAnchorElement>(null);
  const task = items.find((item) => item.id === active);
  const step = (by: number) => {
    const at = items.findIndex((item) => item.id === active);
    const next = items[Math.min(items.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (next) setActive(next.id);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another active one takes the focus
  useEffect(() => row.current?.focus(), [active]);
  const about = (handler: (task: Task) => void) => () => {
    if (task && status === "open" && mayReply) handler(task);
  };
  useShortcuts({
    next: () => step(1),
    previous: () => step(-1),
    resolve: about(ask),
    take: about((one) => void take(one)),
    assign: about(give),
    call_back: about((one) => document.querySelector<HTMLElement>(`[data-call="${one.id}"]`)?.click()),
  });
  return { active, row };
}

function GivePicker({ task, onClose }: { task: Task | null; onClose: () => void }) {
  const { t } = useI18n();
  const me = useMe().operator.id;
  const names = useNames();
  const client = useQueryClient();
  const { run } = useSaving();
  const options = [
    ...names.operators
      .filter((item) => item.active)
      .map((item) => ({
        id: `operator:${item.id}`,
        label: item.id === me ? t("assign.me", { name: item.name }) : item.name,
        icon: <Avatar name={item.name} seed={item.id} size="sm" />,
        chosen: item.id === task?.assignee,
      })),
    ...names.teams.map((team) => ({
      id: `team:${team.id}`,
      label: team.name,
      hint: t("assign.team"),
      icon: <IconUsers size={18} />,
      chosen: team.id === task?.team && !task.assignee,
    })),
    { id: "none", label: t("tasks.of_nobody"), icon: <IconX size={18} /> },
  ];
  const pick = async (id: string) => {
    const [kind, value = null] = id.split(":");
    onClose();
    if (!task) return;
    const whose = kind === "operator" ? { operator: value, team: task.team } : { operator: null, team: value };
    await run(() => api.assignTask(task.id, whose), t("tasks.saved"));
    rereadTasks(client);
  };
  return (
    <Picker
      opened={task !== null}
      title={t("tasks.give")}
      options={options}
      onPick={(id) => void pick(id)}
      onClose={onClose}
    />
  );
}
