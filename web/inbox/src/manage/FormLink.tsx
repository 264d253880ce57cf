/** A link to a form that knows where somebody comes from, or who they are. */
import { Button, Checkbox, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/calls";
import { useMay } from "@/app/session";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { Copied } from "@/manage/Copied";
import { IconForms } from "@/ui/icons";
import styles from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

/** `question=answer` in each line, as pairs; lines without `=` say nothing. */
export function pairs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    const name = line.slice(0, Math.max(0, at)).trim();
    if (name) found[name] = line.slice(at + 1).trim();
  }
  return found;
}

export function FormLink({ contact }: { contact?: string }) {
  const { t } = useI18n();
  const flows = useQuery({ queryKey: keys.flows, queryFn: api.flows }).data?.items ?? [];
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [flow, setFlow] = useState<string | null>(null);
  const [label, setLabel] = useState("");
  const [source, setSource] = useState("");
  const [answers, setAnswers] = useState("");
  const [once, setOnce] = useState(contact !== undefined);
  const [days, setDays] = useState<number | string>(30);
  const [url, setUrl] = useState<string | null>(null);

  const make = () =>
    run(async () => {
      if (!flow) return;
      const made = await api.makeFormLink({
        flow,
        contact: contact ?? null,
        values: pairs(answers),
        fields: source.trim() ? { utm_source: source.trim() } : {},
        label: label.trim(),
        once,
        days: Number(days) || 30,
      });
      setUrl(made.url);
      await client.invalidateQueries({ queryKey: keys.formLinks });
    });
  return (
    <fieldset className={styles.group}>
      <legend>{t("form_link.title")}</legend>
      <p className={styles.quiet}>{t(contact ? "form_link.contact_hint" : "form_link.hint")}</p>
      <Select
        label={t("form_link.flow")}
        data={flows.filter((one) => one.version !== null).map((one) => ({ value: one.flow, label: one.title }))}
        value={flow}
        onChange={setFlow}
      />
      <TextInput
        label={t("form_link.label")}
        description={t("form_link.label_hint")}
        value={label}
        maxLength={80}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <TextInput
        label={t("form_link.source")}
        placeholder="newsletter"
        value={source}
        maxLength={200}
        onChange={(event) => setSource(event.currentTarget.value)}
      />
      <TextInput
        label={t("form_link.answers")}
        description={t("form_link.answers_hint")}
        placeholder="role=owner"
        value={answers}
        onChange={(event) => setAnswers(event.currentTarget.value)}
      />
      <NumberInput label={t("form_link.days")} value={days} min={1} max={366} onChange={setDays} />
      <Checkbox label={t("form_link.once")} checked={once} onChange={(event) => setOnce(event.currentTarget.checked)} />
      <Button variant="default" disabled={!flow || busy} onClick={() => void make()}>
        {t("form_link.make")}
      </Button>
      {url ? <Copied label={t("form_link.url")} text={url} /> : null}
    </fieldset>
  );
}

/** The same for one contact, from their panel. */
export function FormLinkForContact({ contact }: { contact: string }) {
  const { t } = useI18n();
  const may = useMay("reply");
  const [open, setOpen] = useState(false);
  if (!may) return null;
  return (
    <>
      <Button variant="subtle" size="compact-sm" leftSection={<IconForms size={14} />} onClick={() => setOpen(true)}>
        {t("form_link.for_contact")}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={t("form_link.for_contact")}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        <FormLink contact={contact} />
      </Modal>
    </>
  );
}
