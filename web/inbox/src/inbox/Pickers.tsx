/** To whom, and until when: for one conversation or for several. */
import { Button, Modal, TextInput } from "@mantine/core";
import type { QueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Action } from "@/api/calls";
import { useMay, useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import styles from "@/inbox/ConversationPane.module.css";
import { useNames } from "@/inbox/names";
import { momentOf, PRESETS, type Preset } from "@/inbox/snooze";
import { readCache } from "@/live/queries";
import { Avatar } from "@/ui/Avatar";
import { IconClock, IconPlus, IconUsers, IconX } from "@/ui/icons";
import { Picker } from "@/ui/Picker";

export type Picking = "assign" | "snooze" | "snooze_custom";

interface Props {
  dialog: string | null;
  open: (dialog: Picking | null) => void;
  /** Who holds it now; null where it is about several. */
  holder: { assignee: string | null; team: string | null } | null;
  onPick: (action: Action, done?: string) => unknown;
}

export function Pickers(props: Props) {
  return (
    <>
      <AssignPicker {...props} />
      <SnoozePicker {...props} />
      <SnoozeCustom {...props} />
    </>
  );
}

/** The tags that any list knows, and these. */
export function knownTags(client: QueryClient | null, tags: string[]): string[] {
  const known = new Set(tags);
  const lists = client ? Object.values(readCache(client).lists) : [];
  for (const { data } of lists)
    for (const page of data.pages) for (const item of page.items) for (const tag of item.tags) known.add(tag);
  return [...known].sort();
}

function AssignPicker({ dialog, open, holder, onPick }: Props) {
  const { t } = useI18n();
  const me = useMe().operator.id;
  const others = useMay("assign_others");
  const names = useNames();
  const people = names.operators.filter((item) => item.active && (others || item.id === me));
  const options = [
    ...people.map((item) => ({
      id: `operator:${item.id}`,
      label: item.id === me ? t("assign.me", { name: item.name }) : item.name,
      hint: item.id !== me ? t(`presence.${item.presence}`) : undefined,
      icon: <Avatar name={item.name} seed={item.id} size="sm" />,
      chosen: item.id === holder?.assignee,
    })),
    ...names.teams.map((team) => ({
      id: `team:${team.id}`,
      label: team.name,
      hint: t("assign.team"),
      icon: <IconUsers size={18} />,
      chosen: team.id === holder?.team && !holder.assignee,
    })),
    ...(!holder || holder.assignee ? [{ id: "none", label: t("assign.nobody"), icon: <IconX size={18} /> }] : []),
  ];
  const pick = (id: string) => {
    open(null);
    const [kind, value = null] = id.split(":");
    if (kind === "operator") void onPick({ action: "assign", operator: value });
    else if (kind === "team") void onPick({ action: "assign", team: value });
    else void onPick({ action: "hand_back", to: "queue" });
  };
  return (
    <Picker
      opened={dialog === "assign"}
      title={t("action.assign")}
      options={options}
      onPick={pick}
      onClose={() => open(null)}
    />
  );
}

function SnoozePicker({ dialog, open, onPick }: Props) {
  const { t, format } = useI18n();
  const now = new Date();
  const presets = PRESETS.flatMap((preset) => {
    const moment = momentOf(preset, now);
    if (moment === undefined) return [];
    const hint = moment ? format.full(moment.toISOString()) : undefined;
    return [{ id: preset as string, label: t(`snooze.${preset}`), hint, icon: <IconClock size={18} /> }];
  });
  const options = [...presets, { id: "custom", label: t("snooze.custom"), icon: <IconPlus size={18} /> }];
  const pick = (id: string) => {
    if (id === "custom") {
      open("snooze_custom");
      return;
    }
    open(null);
    const moment = momentOf(id as Preset, new Date());
    void onPick({ action: "snooze", until: moment ? moment.toISOString() : null }, t("snooze.done"));
  };
  return (
    <Picker
      opened={dialog === "snooze"}
      title={t("action.snooze")}
      options={options}
      onPick={pick}
      onClose={() => open(null)}
    />
  );
}

/** `datetime-local` wants the local time without a zone. */
function localInput(moment: Date): string {
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function SnoozeCustom({ dialog, open, onPick }: Props) {
  const { t } = useI18n();
  const [value, setValue] = useState(() => localInput(new Date(Date.now() + 2 * 3_600_000)));
  const moment = new Date(value);
  const valid = !Number.isNaN(moment.getTime()) && moment.getTime() > Date.now();
  const save = () => {
    open(null);
    void onPick({ action: "snooze", until: moment.toISOString() }, t("snooze.done"));
  };
  return (
    <Modal
      opened={dialog === "snooze_custom"}
      onClose={() => open(null)}
      title={t("snooze.custom_title")}
      size="xs"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        className={styles.dialogForm}
        onSubmit={(event) => {
          event.preventDefault();
          if (valid) save();
        }}
      >
        <TextInput
          type="datetime-local"
          label={t("snooze.until")}
          value={value}
          min={localInput(new Date())}
          onChange={(event) => setValue(event.currentTarget.value)}
          error={valid ? null : t("snooze.past")}
          data-autofocus
        />
        <Button type="submit" disabled={!valid}>
          {t("action.snooze")}
        </Button>
      </form>
    </Modal>
  );
}
