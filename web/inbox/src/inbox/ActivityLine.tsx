/** A quiet line between messages: who did what. */
import type { Activity, TaskMark } from "@/api/types";
import { useMe } from "@/app/session";
import { type I18n, useI18n } from "@/i18n";
import type { Names } from "@/inbox/names";
import styles from "@/inbox/Thread.module.css";

export function sentenceOf(activity: Activity, names: Names, me: string, { t, format }: I18n): string {
  const { actor, state, kind } = activity;
  const name = whoOf(activity, names, me, t);
  switch (kind) {
    case "take":
      return t("activity.take", { name });
    case "hand_back":
      return t(state.control === "bot" ? "activity.to_bot" : "activity.to_queue", { name });
    case "assign":
      if (state.assignee && state.assignee === actor.id) return t("activity.take", { name });
      if (state.assignee) return t("activity.assign", { name, to: names.operator(state.assignee) });
      return state.team
        ? t("activity.assign_team", { name, to: names.team(state.team) })
        : t("activity.to_queue", { name });
    case "snooze":
      return state.snoozed_until
        ? t("activity.snooze_until", { name, when: format.full(state.snoozed_until) })
        : t("activity.snooze", { name });
    case "tag":
      return state.tags.length > 0
        ? t("activity.tags", { name, tags: state.tags.join(", ") })
        : t("activity.tags_none", { name });
    case "flow":
      return t(`activity.flow_${state.flow?.state ?? "active"}`, { name });
    case "task":
      return activity.task ? taskSentence(activity.task, name, names, { t, format }) : t("activity.other", { name });
    case "priority":
      return t("activity.priority", { name, priority: t(`priority.${state.priority ?? "none"}`) });
    case "timer":
      return t(state.flow?.state === "abandoned" ? "activity.flow_abandoned" : "activity.flow_timer");
    case "wake":
      return t("activity.wake");
    case "resolve":
    case "reopen":
    case "spam":
      return t(`activity.${kind}`, { name });
    default:
      return t("activity.other", { name });
  }
}

function taskSentence(mark: TaskMark, name: string, names: Names, { t, format }: Pick<I18n, "t" | "format">): string {
  const { phone } = mark;
  const when = format.full(mark.due_at);
  const outcome = mark.disposition ? t(`disposition.${mark.disposition}`) : "";
  const noted = mark.note ? ` (${mark.note})` : "";
  switch (mark.did) {
    case "created":
    case "renewed":
      return t(`activity.task_${mark.did}`, { name, phone, when });
    case "taken":
      return t("activity.task_taken", { name, phone });
    case "assigned": {
      const to = mark.assignee
        ? names.operator(mark.assignee)
        : mark.team
          ? names.team(mark.team)
          : t("tasks.of_nobody");
      return t("activity.task_assigned", { name, phone, to });
    }
    case "moved":
      return t("activity.task_moved", { name, phone, when, outcome: outcome + noted });
    case "done":
      return t("activity.task_done", { name, phone, outcome: outcome + noted });
    case "reminded":
      return t("activity.task_reminded", { phone, when });
    case "overdue":
      return t("activity.task_overdue", { phone });
  }
}

function whoOf({ actor }: Activity, names: Names, me: string, t: I18n["t"]): string {
  switch (actor.kind) {
    case "operator":
      return actor.id === me ? t("you") : (actor.name ?? (actor.id ? names.operator(actor.id) : t("colleague")));
    case "bot":
      return t("list.bot");
    case "contact":
      return actor.name ?? t("contact.nameless");
    case "system":
      return t("system");
  }
}

export function ActivityLine({ activity, names }: { activity: Activity; names: Names }) {
  const i18n = useI18n();
  const me = useMe().operator.id;
  return (
    <p className={styles.activity}>
      {sentenceOf(activity, names, me, i18n)}
      <time dateTime={activity.decided_at}> · {i18n.format.time(activity.decided_at)}</time>
    </p>
  );
}
