/** Making two contacts one person: find the other, see what comes of it, do it; and what was done, to be undone. */
import { Button, Checkbox, Loader, Modal, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/calls";
import type { Contact, Conversation, MergePreview } from "@/api/types";
import { useMay } from "@/app/session";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import styles from "@/inbox/MergeContact.module.css";
import { useNames } from "@/inbox/names";
import { keys } from "@/live/queries";
import { Avatar } from "@/ui/Avatar";
import { IconArrowsJoin } from "@/ui/icons";
import { ChannelIcon } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

export function MergeContact({ contact }: { contact: Contact }) {
  const { t } = useI18n();
  const may = useMay("reply");
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Merges contact={contact} may={may} />
      {may ? (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconArrowsJoin size={14} />}
          onClick={() => setOpened(true)}
        >
          {t("merge.begin")}
        </Button>
      ) : null}
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={t("merge.title", { name: contact.name ?? t("contact.nameless") })}
        size={560}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        <Steps contact={contact} onDone={() => setOpened(false)} />
      </Modal>
    </>
  );
}

const SHOWS_CONTACTS = new Set(["conversation", "history", "merges", "people", "hits"]);

/** Everything that shows one of the two; names in lists come by the feed. */
function useReadAgain() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ predicate: ({ queryKey }) => SHOWS_CONTACTS.has(String(queryKey[0])) });
}

function Steps({ contact, onDone }: { contact: Contact; onDone: () => void }) {
  const [other, setOther] = useState<string | null>(null);
  if (other === null) return <Find contact={contact} onPick={setOther} />;
  return <Preview contact={contact} other={other} onBack={() => setOther(null)} onDone={onDone} />;
}

function Find({ contact, onPick }: { contact: Contact; onPick: (contact: string) => void }) {
  const { t } = useI18n();
  const words = useWords();
  const [typed, setTyped] = useState("");
  const [q] = useDebouncedValue(typed.trim(), 250);
  const found = useQuery({
    queryKey: keys.people(q),
    queryFn: ({ signal }) => api.findPeople(q, signal),
    enabled: q !== "",
  });
  const own = new Set([contact.id, ...(contact.addresses ?? []).map((address) => address.contact)]);
  const others = once(found.data?.items ?? []).filter((one) => !own.has(one.contact));
  return (
    <div className={styles.step}>
      <TextInput
        label={t("merge.find")}
        description={t("merge.find_hint")}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        type="search"
        data-autofocus
      />
      {found.isError ? <p role="alert">{words(found.error)}</p> : null}
      {found.isFetching && !found.data ? <Loader size="sm" role="status" aria-label={t("loading")} /> : null}
      {found.isSuccess && others.length === 0 ? <p className={styles.quiet}>{t("list.no_hit")}</p> : null}
      <ul className={styles.people} aria-label={t("search.people")}>
        {others.map((one) => (
          <li key={one.contact}>
            <button type="button" onClick={() => onPick(one.contact)}>
              <Avatar name={one.contact_name ?? t("contact.nameless")} seed={one.contact} size="sm" />
              <span className={styles.who}>{one.contact_name ?? t("contact.nameless")}</span>
              <ChannelIcon kind={one.channel_kind} size={16} />
              <span className={styles.said}>{one.last_message?.preview}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function once(items: Conversation[]): Conversation[] {
  return [...new Map(items.map((item) => [item.contact, item])).values()];
}

interface PreviewProps {
  contact: Contact;
  other: string;
  onBack: () => void;
  onDone: () => void;
}

function Preview({ contact, other, onBack, onDone }: PreviewProps) {
  const { t } = useI18n();
  const words = useWords();
  const readAgain = useReadAgain();
  const { busy, run } = useSaving();
  const [take, setTake] = useState<string[]>([]);
  const preview = useQuery({
    queryKey: keys.mergePreview(contact.id, other),
    queryFn: ({ signal }) => api.mergePreview(contact.id, other, signal),
    staleTime: 0,
    gcTime: 0,
  });
  if (preview.isError) {
    return (
      <div className={styles.step}>
        <p role="alert">{words(preview.error)}</p>
        <Button variant="default" onClick={onBack}>
          {t("merge.back")}
        </Button>
      </div>
    );
  }
  if (!preview.data) return <Loader size="sm" role="status" aria-label={t("loading")} />;
  const seen = preview.data;
  const merge = async () => {
    const revisions: [number, number] = [seen.survivor.revision, seen.other.revision];
    const done = await run(async () => {
      await api.merge(contact.id, other, revisions, take);
      await readAgain();
    }, t("merge.done"));
    if (done) onDone();
    else void preview.refetch();
  };
  const gone = seen.other.name ?? t("contact.nameless");
  return (
    <div className={styles.step}>
      <p>{t("merge.what", { survivor: seen.survivor.name ?? t("contact.nameless"), other: gone })}</p>
      <ul className={styles.comes}>
        {seen.addresses.map((address) => (
          <li key={address.id}>
            <ChannelIcon kind={address.kind} size={16} /> <span>{address.value}</span>
          </li>
        ))}
        <li>{t("merge.conversations", { n: seen.conversations })}</li>
      </ul>
      <FactTable seen={seen} take={take} onTake={setTake} />
      <p className={styles.quiet}>{t("merge.undoable")}</p>
      <div className={styles.buttons}>
        <Button variant="default" onClick={onBack}>
          {t("merge.back")}
        </Button>
        <Button loading={busy} onClick={() => void merge()}>
          {t("merge.go")}
        </Button>
      </div>
    </div>
  );
}

const OWN = { name: "contact.name", language: "fact.language", time_zone: "fact.time_zone" } as const;

/** Every fact of the two. Where they differ, the other's can be taken. */
function FactTable({ seen, take, onTake }: { seen: MergePreview; take: string[]; onTake: (take: string[]) => void }) {
  const { t } = useI18n();
  if (seen.facts.length === 0) return null;
  return (
    <table className={styles.facts}>
      <thead>
        <tr>
          <th scope="col">{t("merge.fact")}</th>
          <th scope="col">{seen.survivor.name ?? t("contact.nameless")}</th>
          <th scope="col">{seen.other.name ?? t("contact.nameless")}</th>
        </tr>
      </thead>
      <tbody>
        {seen.facts.map((fact) => {
          const label = fact.name in OWN ? t(OWN[fact.name as keyof typeof OWN]) : fact.name;
          const takes = take.includes(fact.name);
          const theirs = takes || fact.after !== fact.survivor;
          return (
            <tr key={fact.name} data-conflict={fact.conflict || undefined}>
              <th scope="row">{label}</th>
              <td data-kept={!theirs || undefined}>{fact.survivor}</td>
              <td data-kept={theirs || undefined}>
                {fact.conflict && fact.after === fact.survivor ? (
                  <Checkbox
                    size="xs"
                    label={fact.other}
                    aria-label={t("merge.take", { fact: label, value: fact.other ?? "" })}
                    checked={takes}
                    onChange={() => onTake(takes ? take.filter((name) => name !== fact.name) : [...take, fact.name])}
                  />
                ) : (
                  fact.other
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** What was merged into the contact, each with the way back. */
function Merges({ contact, may }: { contact: Contact; may: boolean }) {
  const { t, format } = useI18n();
  const names = useNames();
  const readAgain = useReadAgain();
  const { busy, run } = useSaving();
  const merges = useQuery({
    queryKey: keys.merges(contact.id, contact.revision),
    queryFn: ({ signal }) => api.merges(contact.id, signal),
    enabled: contact.revision >= 0,
    placeholderData: (before) => before,
  });
  const items = merges.data?.items ?? [];
  if (items.length === 0) return null;
  const undo = (id: string) =>
    run(async () => {
      await api.undoMerge(contact.id, id);
      await readAgain();
    }, t("merge.undone"));
  return (
    <ul className={styles.merges} aria-label={t("merge.list")}>
      {items.map((one) => (
        <li key={one.id}>
          <span>
            {t("merge.with", { name: one.merged_name ?? t("contact.nameless") })}
            <span className={styles.quiet}>
              {one.by ? names.operator(one.by) : t("merge.by_link")} · {format.full(one.at)}
            </span>
          </span>
          {may ? (
            <Button size="compact-sm" variant="default" disabled={busy} onClick={() => void undo(one.id)}>
              {t("merge.undo")}
            </Button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
