/** What can be done with the chosen conversations, and which of them refused it. */
import { ActionIcon, Checkbox, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Action } from "@/api/calls";
import type { Conversation } from "@/api/types";
import { useShortcuts } from "@/app/shortcuts";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import styles from "@/inbox/BulkBar.module.css";
import type { Refused } from "@/inbox/bulk";
import { knownTags, Pickers, type Picking } from "@/inbox/Pickers";
import type { Bulk } from "@/inbox/useBulk";
import type { Chosen } from "@/inbox/useChosen";
import { IconCircleCheck, IconClock, IconRotateClockwise, IconTag, IconUserPlus, IconX } from "@/ui/icons";
import { Picker } from "@/ui/Picker";

interface Props {
  chosen: Chosen;
  bulk: Bulk;
  /** How many the list shows. */
  shown: number;
}

const active = ({ status }: Conversation) => status === "open" || status === "snoozed";

export function BulkBar({ chosen, bulk, shown }: Props) {
  const { t } = useI18n();
  const [dialog, setDialog] = useState<Picking | "tags" | null>(null);
  const { busy, refused, run, forget } = bulk;
  const { items } = chosen;
  const resolves = items.some(active);
  const reopens = !resolves && items.length > 0;

  const carryOut = async (step: (item: Conversation) => Action | null, told: (n: number) => string) => {
    if (items.length === 0 || busy) return;
    chosen.only(await run(items, step, told));
  };
  const close = () => {
    const action: Action = { action: resolves ? "resolve" : "reopen" };
    const told = (n: number) => t(resolves ? "bulk.resolved" : "bulk.reopened", { n });
    void carryOut((item) => (active(item) === resolves ? action : null), told);
  };
  const pick = (action: Action) => {
    const told = (n: number) => t(action.action === "snooze" ? "bulk.snoozed" : "bulk.assigned", { n });
    void carryOut((item) => (isSo(item, action) ? null : action), told);
  };
  const toggleTag = (tag: string) => {
    setDialog(null);
    const takesOff = items.every((item) => item.tags.includes(tag));
    const told = (n: number) => t(takesOff ? "bulk.untagged" : "bulk.tagged", { n });
    void carryOut((item) => {
      if (takesOff) return { action: "tags", tags: item.tags.filter((other) => other !== tag) };
      return item.tags.includes(tag) ? null : { action: "tags", tags: [...item.tags, tag] };
    }, told);
  };
  const leave = () => {
    forget();
    chosen.clear();
  };
  const some = items.length > 0 && !busy;
  const open = (wanted: typeof dialog) => () => (some ? setDialog(wanted) : undefined);
  const keysOfOne = some ? { assign: open("assign"), snooze: open("snooze"), tags: open("tags"), resolve: close } : {};
  useShortcuts({ ...keysOfOne, leave });

  return (
    <section className={styles.bar} aria-label={t("bulk.bar")}>
      <RefusedOnes refused={refused} />
      <div className={styles.row}>
        <Checkbox
          size="sm"
          aria-label={t("bulk.all")}
          checked={items.length > 0 && items.length === shown}
          indeterminate={items.length > 0 && items.length < shown}
          onChange={() => (items.length === shown ? chosen.only([]) : chosen.all())}
        />
        <output className={styles.count}>{busy ? t("bulk.busy", busy) : t("bulk.chosen", { n: items.length })}</output>
        <Tool label={t("action.assign")} icon={IconUserPlus} disabled={!some} onClick={open("assign")} />
        <Tool label={t("action.snooze")} icon={IconClock} disabled={!some} onClick={open("snooze")} />
        <Tool label={t("action.tags")} icon={IconTag} disabled={!some} onClick={open("tags")} />
        <Tool
          label={t(reopens ? "action.reopen" : "action.resolve")}
          icon={reopens ? IconRotateClockwise : IconCircleCheck}
          variant="filled"
          color="blue"
          disabled={!some}
          loading={busy !== null}
          onClick={close}
        />
        <Tool label={t("bulk.clear")} icon={IconX} onClick={leave} />
      </div>
      <Pickers dialog={dialog} open={setDialog} holder={null} onPick={pick} />
      <BulkTags opened={dialog === "tags"} items={items} onPick={toggleTag} onClose={() => setDialog(null)} />
    </section>
  );
}

/** Whether there is nothing to change. */
function isSo(item: Conversation, action: Action): boolean {
  if (action.action === "hand_back") return item.control === "queue";
  if (action.action !== "assign" || !active(item)) return false;
  if (action.operator) return item.assignee === action.operator && item.control === "operator";
  return item.team === action.team && item.control === "queue";
}

interface ToolProps {
  label: string;
  icon: typeof IconX;
  onClick: () => void;
  variant?: "filled";
  color?: "blue";
  disabled?: boolean;
  loading?: boolean;
}

function Tool({ label, icon: Icon, ...rest }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="lg" aria-label={label} {...rest}>
        <Icon size={18} />
      </ActionIcon>
    </Tooltip>
  );
}

function RefusedOnes({ refused }: { refused: Refused[] }) {
  const { t } = useI18n();
  const words = useWords();
  if (refused.length === 0) return null;
  return (
    <div role="alert" className={styles.refused}>
      <b>{t("bulk.refused", { n: refused.length })}</b>
      <ul>
        {refused.map(({ conversation, error }) => (
          <li key={conversation.id}>
            {conversation.contact_name ?? t("contact.nameless")}: {words(error)}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface TagsProps {
  opened: boolean;
  items: Conversation[];
  onPick: (tag: string) => void;
  onClose: () => void;
}

function BulkTags({ opened, items, onPick, onClose }: TagsProps) {
  const { t } = useI18n();
  const client = useQueryClient();
  const held = items.flatMap((item) => item.tags);
  const options = knownTags(opened ? client : null, held).map((tag) => ({
    id: tag,
    label: tag,
    icon: <IconTag size={18} />,
    chosen: items.every((item) => item.tags.includes(tag)),
  }));
  return (
    <Picker
      opened={opened}
      title={t("action.tags")}
      options={options}
      onPick={onPick}
      onClose={onClose}
      create={(typed) => t("tags.create", { tag: typed })}
      onCreate={onPick}
    />
  );
}
