/** The audit log: who managed what, when and from where; filtered, page by page, and as a table. */
import { Button, Select, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "@/api/calls";
import { addressOf } from "@/api/client";
import {
  AUDIT_ACTIONS,
  type AuditAction,
  type AuditChange,
  type AuditFilter,
  type AuditLine,
  type Person,
  type Team,
} from "@/api/types";
import { type Key, type T, useI18n } from "@/i18n";
import { en } from "@/i18n/en";
import { useNames } from "@/inbox/names";
import { keys } from "@/live/queries";
import styles from "@/manage/AuditPage.module.css";
import { IconDownload, IconHistory } from "@/ui/icons";
import { Card, Loaded, PageFrame, Rows } from "@/ui/PageFrame";
import frame from "@/ui/PageFrame.module.css";
import { Badge, Empty } from "@/ui/parts";

const NOTHING: AuditFilter = { by: "", action: "", since: "", until: "" };
const DAY_MS = 86_400_000;

/** The filter as the hub takes it: days of this browser's clock, the last one included. */
function asked(filter: AuditFilter): AuditFilter {
  const start = (day: string) => new Date(`${day}T00:00:00`).getTime();
  return {
    ...filter,
    since: filter.since && new Date(start(filter.since)).toISOString(),
    until: filter.until && new Date(start(filter.until) + DAY_MS).toISOString(),
  };
}

export default function AuditPage() {
  const { t } = useI18n();
  const [filter, setFilter] = useState(NOTHING);
  const people = useQuery({ queryKey: ["people"], queryFn: api.people });
  const log = useInfiniteQuery({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam, signal }) => api.audit(asked(filter), pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
  const everybody = people.data?.items ?? [];
  const names = new Map(everybody.map((one) => [one.id, one.name]));
  const table = (
    <Button
      component="a"
      href={addressOf("/audit.csv", { ...asked(filter) })}
      download="audit.csv"
      variant="default"
      leftSection={<IconDownload size={16} />}
    >
      {t("audit.export")}
    </Button>
  );
  return (
    <PageFrame title={t("nav.audit")} lead={t("audit.lead")} action={table}>
      <Filter filter={filter} people={everybody} onChange={setFilter} />
      <Card>
        <Loaded query={log}>
          {({ pages }) => (
            <Rows
              items={pages.flatMap((page) => page.items)}
              none={
                <Empty icon={IconHistory} title={t("audit.none")}>
                  {t("audit.none_hint")}
                </Empty>
              }
            >
              {(line) => <Line key={line.id} line={line} names={names} />}
            </Rows>
          )}
        </Loaded>
      </Card>
      {log.hasNextPage ? (
        <Button variant="default" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {t("audit.more")}
        </Button>
      ) : null}
    </PageFrame>
  );
}

interface FilterProps {
  filter: AuditFilter;
  people: Person[];
  onChange: (filter: AuditFilter) => void;
}

function Filter({ filter, people, onChange }: FilterProps) {
  const { t } = useI18n();
  return (
    <search className={styles.filter}>
      <Select
        label={t("audit.person")}
        data={[
          { value: "", label: t("audit.everybody") },
          ...people.map((one) => ({ value: one.id, label: `${one.name} (${one.email})` })),
        ]}
        value={filter.by}
        onChange={(by) => onChange({ ...filter, by: by ?? "" })}
        allowDeselect={false}
        searchable
      />
      <Select
        label={t("audit.action")}
        data={[
          { value: "", label: t("audit.everything") },
          ...AUDIT_ACTIONS.map((action) => ({ value: action, label: t(`audited.${action}`) })),
        ]}
        value={filter.action}
        onChange={(action) => onChange({ ...filter, action: action ?? "" })}
        allowDeselect={false}
        searchable
      />
      <TextInput
        type="date"
        label={t("audit.since")}
        value={filter.since}
        max={filter.until || undefined}
        onChange={(event) => onChange({ ...filter, since: event.currentTarget.value })}
      />
      <TextInput
        type="date"
        label={t("audit.until")}
        value={filter.until}
        min={filter.since || undefined}
        onChange={(event) => onChange({ ...filter, until: event.currentTarget.value })}
      />
    </search>
  );
}

/** In words; what is newer than this page as it is called. */
function wordFor(key: string, called: string, t: T): string {
  return key in en ? (t as (key: Key) => string)(key as Key) : called;
}

const SETTING = "settings.";
const VALUES: Record<string, string> = { role: "role", scope: "scope_of", enabled: "changed", archived: "changed" };

/** What changed and its value before or afterwards, in words where there are any. */
export function changeIn(t: T, { name }: AuditChange): [string, (value: string) => string] {
  const called = name.startsWith(SETTING)
    ? t("changed.setting", { name: name.slice(SETTING.length) })
    : wordFor(`changed.${name}`, name, t);
  return [called, (value) => wordFor(`${VALUES[name]}.${value}`, value, t)];
}

function whoDid(line: AuditLine, names: Map<string, string>, t: T): string {
  if (line.by !== null) return names.get(line.by) ?? t("audit.former");
  return t(line.via === "command" ? "audit.command" : "audit.nobody");
}

/** Teams by name, which a line has by their ids. */
export function teamsIn(ids: string, teams: Pick<Team, "id" | "name">[], gone: string): string {
  return ids
    .split(", ")
    .map((id) => teams.find((team) => team.id === id)?.name ?? gone)
    .join(", ");
}

/** What it was done to: by its name, and where it can be looked at as long as it is there. */
function About({ line, names }: { line: AuditLine; names: Map<string, string> }) {
  const { t } = useI18n();
  const channels = useQuery({ queryKey: keys.channels, queryFn: api.channels, enabled: line.action in OF_CHANNELS });
  const { object, name } = line;
  if (object && line.action in OF_CONTACTS) return <ContactName id={object} line={line} />;
  if (object && line.action in OF_CHANNELS && channels.data) {
    const there = channels.data.items.find((one) => one.id === object);
    return there ? <Named to="/channels" name={there.name} /> : <Gone name={name} word={t("audit.gone")} />;
  }
  if (object && line.action in OF_PEOPLE) {
    const there = names.get(object);
    return there ? <Named to="/people" name={there} /> : <Gone name={name} word={t("audit.gone_person")} />;
  }
  if (name && line.action in OF_WEBHOOKS) return <Named to="/webhooks" name={name} />;
  if (name && line.action in OF_FLOWS) return <Named to={`/flows/${name.split(" ")[0]}`} name={name} />;
  return name ? <Gone name={name} tone={line.action === "sign_in_failed" ? "warn" : "plain"} /> : null;
}

const among = (...actions: AuditAction[]) => Object.fromEntries(actions.map((action) => [action, true]));
const OF_CONTACTS = among("contacts_merged", "contacts_parted", "contact_exported", "contact_erased");
const OF_CHANNELS = among("channel_made", "channel_changed", "signing_key_shown");
const OF_PEOPLE = among("place_changed", "person_removed", "reset_link_made");
const OF_WEBHOOKS = among("webhook_made", "webhook_changed", "webhook_secret_changed");
const OF_FLOWS = among("flow_published", "flow_archived");

function ContactName({ id, line }: { id: string; line: AuditLine }) {
  const { t } = useI18n();
  const name = line.contacts?.[id];
  if (name === undefined) return <Gone name={t("contact.label")} word={t("audit.gone")} />;
  return <Named to={`/contacts/${id}`} name={name ?? t("contact.nameless")} />;
}

function Named({ to, name }: { to: string; name: string }) {
  return (
    <Link to={to} className={styles.about ?? ""}>
      <bdi>{name}</bdi>
    </Link>
  );
}

function Gone({ name, word, tone = "plain" }: { name: string | null; word?: string; tone?: "plain" | "warn" }) {
  if (!name) return word ? <Badge tone="plain">{word}</Badge> : null;
  return (
    <Badge tone={tone}>
      <bdi>{name}</bdi>
      {word ? ` · ${word}` : ""}
    </Badge>
  );
}

function Line({ line, names }: { line: AuditLine; names: Map<string, string> }) {
  const { t, format } = useI18n();
  const changes = line.changes.filter(tells);
  const by = line.via === "token" || line.via === "link" ? ` ${t(`audit.by_${line.via}`)}` : "";
  return (
    <li>
      <div className={frame.main}>
        <b>
          {wordFor(`audited.${line.action}`, line.action, t)}
          <About line={line} names={names} />
        </b>
        <span>
          <bdi>{whoDid(line, names, t)}</bdi>
          {by}
        </span>
        <p className={frame.quiet}>
          {format.full(line.at)}
          {line.address ? ` · ${line.address}` : ""}
        </p>
        {changes.length ? (
          <ul className={styles.changes}>
            {changes.map((change) => (
              <li key={change.name}>
                <Change change={change} line={line} />
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </li>
  );
}

/** Whether a change says anything: of nothing, nothing was erased. */
export function tells({ before, after }: AuditChange): boolean {
  return !(before === "0" && after === null);
}

function Change({ change, line }: { change: AuditChange; line: AuditLine }) {
  const { t } = useI18n();
  const [called, said] = changeIn(t, change);
  const teams = useNames().teams;
  if (change.name === "contact" && change.after) {
    return (
      <>
        {called}: <ContactName id={change.after} line={line} />
      </>
    );
  }
  if (change.name === "teams" || change.name === "team") {
    const called_of = (ids: string | null) => (ids ? teamsIn(ids, teams, t("audit.gone_team")) : "—");
    return (
      <>
        {called}: {change.before ? `${called_of(change.before)} → ` : ""}
        {called_of(change.after)}
      </>
    );
  }
  if (change.before === null && change.after === null) {
    return (
      <>
        {called}: {t("audit.kept_back")}
      </>
    );
  }
  return (
    <>
      {called}: {change.before ? `${said(change.before)} → ` : ""}
      {change.after === null ? "—" : said(change.after)}
    </>
  );
}
