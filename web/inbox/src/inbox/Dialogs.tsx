/** The pickers that keys and menus open: assign, snooze, tags. */
import { Button, Modal, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ConversationDetail } from "@/api/types";
import { useMay, useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import type { Act } from "@/inbox/actions";
import styles from "@/inbox/ConversationPane.module.css";
import { FlowPicker } from "@/inbox/FlowPanel";
import { useNames } from "@/inbox/names";
import { momentOf, PRESETS, type Preset } from "@/inbox/snooze";
import { readCache } from "@/live/queries";
import { AddTask } from "@/tasks/AddTask";
import { Avatar } from "@/ui/Avatar";
import { IconClock, IconPlus, IconTag, IconUsers, IconX } from "@/ui/icons";
import { Picker } from "@/ui/Picker";

export type Dialog = "flow" | "assign" | "snooze" | "snooze_custom" | "tags" | "call_back" | null;

interface Props {
  dialog: Dialog;
  open: (dialog: Dialog) => void;
  detail: ConversationDetail;
  act: Act;
}

export function Dialogs(props: Props) {
  return (
    <>
      <AssignPicker {...props} />
      <SnoozePicker {...props} />
      <SnoozeCustom {...props} />
      <TagsPicker {...props} />
      {props.dialog === "call_back" ? <AddTask detail={props.detail} onClose={() => props.open(null)} /> : null}
      {props.dialog === "flow" ? <BotFlow {...props} /> : null}
    </>
  );
}

/** Which questionnaire the bot is to lead. */
function BotFlow({ open, act }: Props) {
  const { t } = useI18n();
  const pick = (flow: string) => {
    open(null);
    void act({ action: "hand_back", to: "bot", flow });
  };
  return <FlowPicker title={t("action.to_bot")} onPick={pick} onClose={() => open(null)} />;
}

function AssignPicker({ dialog, open, detail, act }: Props) {
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
      chosen: item.id === detail.assignee,
    })),
    ...names.teams.map((team) => ({
      id: `team:${team.id}`,
      label: team.name,
      hint: t("assign.team"),
      icon: <IconUsers size={18} />,
      chosen: team.id === detail.team && !detail.assignee,
    })),
    ...(detail.assignee ? [{ id: "none", label: t("assign.nobody"), icon: <IconX size={18} /> }] : []),
  ];
  const pick = (id: string) => {
    open(null);
    const [kind, value = null] = id.split(":");
    if (kind === "operator") void act({ action: "assign", operator: value });
    else if (kind === "team") void act({ action: "assign", team: value });
    else void act({ action: "hand_back", to: "queue" });
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

function SnoozePicker({ dialog, open, act }: Props) {
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
    void act({ action: "snooze", until: moment ? moment.toISOString() : null }, t("snooze.done"));
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

function SnoozeCustom({ dialog, open, act }: Props) {
  const { t } = useI18n();
  const [value, setValue] = useState(() => localInput(new Date(Date.now() + 2 * 3_600_000)));
  const moment = new Date(value);
  const valid = !Number.isNaN(moment.getTime()) && moment.getTime() > Date.now();
  const save = () => {
    open(null);
    void act({ action: "snooze", until: moment.toISOString() }, t("snooze.done"));
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

function TagsPicker({ dialog, open, detail, act }: Props) {
  const { t } = useI18n();
  const client = useQueryClient();
  const opened = dialog === "tags";
  const known = new Set(detail.tags);
  if (opened) {
    const cache = readCache(client);
    for (const entry of Object.values(cache.lists)) {
      for (const page of entry.data.pages) for (const item of page.items) for (const tag of item.tags) known.add(tag);
    }
  }
  const options = [...known].sort().map((tag) => ({
    id: tag,
    label: tag,
    icon: <IconTag size={18} />,
    chosen: detail.tags.includes(tag),
  }));
  const toggle = (tag: string) => {
    const tags = detail.tags.includes(tag) ? detail.tags.filter((other) => other !== tag) : [...detail.tags, tag];
    void act({ action: "tags", tags });
  };
  return (
    <Picker
      opened={opened}
      title={t("action.tags")}
      options={options}
      onPick={toggle}
      onClose={() => open(null)}
      create={(typed) => t("tags.create", { tag: typed })}
      onCreate={toggle}
    />
  );
}
