/** A contact's data on their wish: taken along as a file, and erased after a look at what goes and a typed word. */
import { Button, Loader, Modal, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { api } from "@/api/calls";
import { addressOf } from "@/api/client";
import type { Contact, Held } from "@/api/types";
import { type I18n, useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import styles from "@/inbox/ContactData.module.css";
import { toast } from "@/state/toasts";
import { IconDownload, IconTrash } from "@/ui/icons";
import { useSaving } from "@/ui/useSaving";

export function ContactData({ contact }: { contact: Contact }) {
  const { t } = useI18n();
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        component="a"
        href={addressOf(`/contacts/${contact.id}/export`)}
        download={`contact-${contact.id}.zip`}
        variant="subtle"
        size="compact-sm"
        leftSection={<IconDownload size={14} />}
      >
        {t("data.export")}
      </Button>
      <Button
        variant="subtle"
        color="red"
        size="compact-sm"
        leftSection={<IconTrash size={14} />}
        onClick={() => setOpened(true)}
      >
        {t("data.erase")}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={t("data.erase_title", { name: contact.name ?? t("contact.nameless") })}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        <Erase contact={contact} />
      </Modal>
    </>
  );
}

function Erase({ contact }: { contact: Contact }) {
  const i18n = useI18n();
  const { t } = i18n;
  const words = useWords();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { busy, run } = useSaving();
  const [typed, setTyped] = useState("");
  const held = useQuery({
    queryKey: ["erasure", contact.id],
    queryFn: ({ signal }) => api.previewErasure(contact.id, signal),
    gcTime: 0,
  });
  const word = t("data.word");
  const erase = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const { done_at } = await api.eraseContact(contact.id);
      void navigate("/inbox/all");
      toast("good", t(done_at ? "data.erased" : "data.erasing"));
      await client.invalidateQueries({ queryKey: ["list"] });
    });
  };
  return (
    <form className={styles.erase} onSubmit={erase}>
      <p>{t("data.goes")}</p>
      {held.data ? (
        <ul>
          {linesOf(held.data, i18n).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      ) : held.isError ? (
        <p role="alert">{words(held.error)}</p>
      ) : (
        <Loader size="sm" role="status" aria-label={t("loading")} />
      )}
      {held.data?.waiting ? <p role="alert">{t("data.waiting", { n: held.data.waiting })}</p> : null}
      <p className={styles.quiet}>{t("data.stays")}</p>
      <TextInput
        label={t("data.type", { word })}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
        data-autofocus
      />
      <Button
        type="submit"
        color="red"
        loading={busy}
        disabled={!held.data || typed.trim().toLocaleLowerCase() !== word.toLocaleLowerCase()}
      >
        {t("data.erase_now")}
      </Button>
    </form>
  );
}

/** What goes, one line a kind; kinds of which there is nothing are left out. */
function linesOf(held: Held, { t, format }: I18n): string[] {
  const lines: [number, string][] = [
    [held.conversations, t("data.conversations", { n: held.conversations })],
    [held.messages, t("data.messages", { n: held.messages })],
    [held.files, `${t("data.files", { n: held.files })} (${format.size(held.file_bytes)})`],
    [held.addresses, t("data.addresses", { n: held.addresses })],
    [held.fields, t("data.fields", { n: held.fields })],
    [held.sessions, t("data.sessions", { n: held.sessions })],
    [held.tasks, t("data.tasks", { n: held.tasks })],
  ];
  return lines.filter(([count]) => count > 0).map(([, line]) => line);
}
