/** What the fields of a form are: those of the last submission, each told by its name until somebody says otherwise. */
import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { api } from "@/api/calls";
import type { Channel } from "@/api/types";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import styles from "@/ui/PageFrame.module.css";

export interface Mapped {
  field: string;
  to: string;
}

const PLAIN = ["name", "phone", "email", "text", "card", "hide"] as const;
const CONTACT = "contact.";

/** A name that the hub takes for a field of the contact. */
export function contactField(written: string): string {
  return written
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "_")
    .replace(/^[^a-z]+/, "")
    .slice(0, 64);
}

/** The mapping with one field said otherwise; null: it is told by its name again. */
export function mappedWith(mapping: Mapped[], field: string, to: string | null): Mapped[] {
  const others = mapping.filter((one) => one.field !== field);
  return to === null ? others : [...others, { field, to }];
}

interface Props {
  channel: Channel;
  settings: Record<string, unknown>;
  mapping: Mapped[];
  onChange: (mapping: Mapped[]) => void;
}

export function FieldMapping({ channel, settings, mapping, onChange }: Props) {
  const { t } = useI18n();
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const [seen, setSeen] = useState<string[] | null>(null);
  const [wrong, setWrong] = useState("");
  const load = async () => {
    setBusy(true);
    setWrong("");
    try {
      const { facts } = await api.testConnection(channel.kind, settings, channel.id);
      setSeen(facts.map((fact) => fact.name));
    } catch (error) {
      setWrong(words(error));
    }
    setBusy(false);
  };
  const fields = [...new Set([...(seen ?? []), ...mapping.map((one) => one.field)])];
  return (
    <fieldset className={styles.group}>
      <legend>{t("forms.mapping")}</legend>
      <p className={styles.quiet}>{t("forms.mapping_hint")}</p>
      <Button variant="default" size="compact-sm" loading={busy} onClick={() => void load()}>
        {t("forms.mapping_load")}
      </Button>
      <div role="status">
        {wrong ? <p className={styles.bad}>{wrong}</p> : null}
        {seen?.length === 0 ? <p className={styles.quiet}>{t("forms.mapping_none")}</p> : null}
      </div>
      {fields.map((field) => (
        <OneField
          key={field}
          field={field}
          to={mapping.find((one) => one.field === field)?.to ?? null}
          onChange={(to) => onChange(mappedWith(mapping, field, to))}
        />
      ))}
    </fieldset>
  );
}

function OneField({
  field,
  to,
  onChange,
}: {
  field: string;
  to: string | null;
  onChange: (to: string | null) => void;
}) {
  const { t } = useI18n();
  const contact = to?.startsWith(CONTACT) ?? false;
  return (
    <div>
      <Select
        label={field}
        aria-label={t("forms.mapping_of", { field })}
        data={[
          { value: "", label: t("forms.mapping_auto") },
          ...PLAIN.map((value) => ({ value, label: t(`forms.to.${value}`) })),
          { value: CONTACT, label: t("forms.to.contact") },
        ]}
        value={contact ? CONTACT : (to ?? "")}
        onChange={(value) => onChange(value === CONTACT ? CONTACT + (contactField(field) || "field") : value || null)}
        allowDeselect={false}
      />
      {contact ? (
        <TextInput
          mt="xs"
          aria-label={t("forms.mapping_contact_name", { field })}
          value={to?.slice(CONTACT.length) ?? ""}
          onChange={(event) => onChange(CONTACT + contactField(event.currentTarget.value))}
          required
          withAsterisk={false}
        />
      ) : null}
    </div>
  );
}
