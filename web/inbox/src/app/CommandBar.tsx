/** One line for everything: what can be done here, where one can go, and whom one looks for. */
import { useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { api } from "@/api/calls";
import { type Conversation, VIEWS } from "@/api/types";
import { commandsIn, LEAST, type Page, pagesFor, recentOf, works } from "@/app/commands";
import { VIEW_ICONS } from "@/app/Sidebar";
import { useMe } from "@/app/session";
import { GO_KEYS, offered, perform } from "@/app/shortcuts";
import { type Key, type T, useI18n } from "@/i18n";
import { keys, readCache } from "@/live/queries";
import { Avatar } from "@/ui/Avatar";
import { Dialog } from "@/ui/Dialog";
import { IconArrowRight, IconBolt } from "@/ui/icons";
import { type Option, PickList } from "@/ui/Picker";
import pickerStyles from "@/ui/Picker.module.css";

type Command = Option & { run: () => void };

export function CommandBar({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const commands = useCommands(typed, navigate);
  const pick = (id: string) => {
    onClose();
    // When the bar is gone: what it begins may take the focus, or be a dialog itself.
    setTimeout(() => commands.options.find((command) => command.id === id)?.run());
  };
  return (
    <Dialog
      onClose={onClose}
      title={t("command.title")}
      centered={false}
      yOffset="12vh"
      size={560}
      padding={0}
      classNames={{ header: pickerStyles.head ?? "", title: pickerStyles.title ?? "" }}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <PickList
        title={t("command.title")}
        placeholder={t("command.hint")}
        options={commands.options}
        busy={commands.busy}
        onType={setTyped}
        onPick={pick}
      />
    </Dialog>
  );
}

function useCommands(typed: string, navigate: (to: string) => unknown): { options: Command[]; busy: boolean } {
  const { t } = useI18n();
  const client = useQueryClient();
  const { pathname } = useLocation();
  const rights = useMe().rights;
  const { colorScheme } = useMantineColorScheme();
  // What is offered when it is opened: behind it, nothing changes meanwhile that a key would not do as well.
  const [here] = useState(() => offered());
  const [recent] = useState(() => recentOf(readCache(client), pathname));
  const [q] = useDebouncedValue(typed.trim(), 200);
  const looked = q.length >= LEAST && typed.trim().length >= LEAST;
  const people = useQuery({
    queryKey: keys.people(q),
    queryFn: ({ signal }) => api.findPeople(q, signal),
    enabled: looked,
    staleTime: 5_000,
  });
  const hits = useQuery({
    queryKey: ["command", ...keys.hits(q)],
    queryFn: ({ signal }) => api.findMessages(q, null, signal),
    enabled: looked,
    staleTime: 5_000,
  });

  const conversation = (item: Conversation, group: string, hint: string, at?: number): Command => ({
    id: `${group}:${item.id}`,
    label: item.contact_name ?? t("contact.nameless"),
    hint,
    group,
    icon: <Avatar name={item.contact_name ?? t("contact.nameless")} seed={item.contact} size="sm" />,
    always: true,
    run: () => navigate(`/inbox/all/${item.id}${at === undefined ? "" : `?at=${at}`}`),
  });
  const deeds = commandsIn(pathname, here);
  const toDo: Command[] = deeds.map(({ name, label, shown }) => ({
    id: `do:${name}`,
    label: name === "scheme" ? `${t(label)} (${t(`scheme.${colorScheme}`)})` : t(label),
    hint: shown,
    group: t("command.do"),
    icon: <IconBolt size={18} />,
    run: () => perform(name),
  }));
  const options: Command[] = [
    ...(works(deeds) ? toDo : []),
    ...(typed.trim()
      ? []
      : recent.map((item) => conversation(item, t("command.recent"), item.last_message?.preview ?? ""))),
    ...(looked
      ? [
          ...(people.data?.items ?? []).map((item) => conversation(item, t("search.people"), "")),
          ...(hits.data?.items ?? []).map(({ conversation: found, message }) =>
            conversation(found, t("search.messages"), message.line.map((part) => part.text).join(""), message.position),
          ),
        ]
      : []),
    ...views(t, navigate),
    ...pagesFor(rights).map((page) => pageOption(page, t, navigate)),
    ...(works(deeds) ? [] : toDo),
  ];
  // The keys of what is typed first are the page's own words; those found come after them.
  const own = options.filter((option) => !option.always || !looked);
  const found = options.filter((option) => option.always && looked);
  return { options: [...own, ...found], busy: looked && (people.isFetching || hits.isFetching) };
}

function views(t: T, navigate: (to: string) => unknown): Command[] {
  return VIEWS.map((view) => {
    const Icon = VIEW_ICONS[view];
    return {
      id: `view:${view}`,
      label: t(`view.${view}`),
      hint: `G ${GO_KEYS[view].slice(3)}`,
      group: t("command.go"),
      icon: <Icon size={18} />,
      run: () => navigate(`/inbox/${view}`),
    };
  });
}

function pageOption({ to, label, shown }: Page, t: T, navigate: (to: string) => unknown): Command {
  return {
    id: `page:${to}`,
    label: t(label as Key & "nav.tasks"),
    hint: shown,
    group: t("command.go"),
    icon: <IconArrowRight size={18} />,
    run: () => navigate(to),
  };
}
