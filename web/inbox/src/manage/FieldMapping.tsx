/** What the fields of a form are: those of the last submission, each told by its name until somebody says otherwise. */
import { Button, Select, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import type { Channel, Trial } from "@/api/types";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import styles from "@/ui/PageFrame.module.css";

export interface Mapped {
  field: string;
  to: string;
}

/** The doors of other systems, as the hub names them. */
export const SOURCES: Record<string, string> = {
  tilda: "Tilda",
  typeform: "Typeform",
  google: "Google Forms",
  json: "JSON (CRM, WordPress)",
  callback: "Call-back widget",
};
const TRY_AGAIN_MS = 300;
const PLAIN = ["name", "phone", "email", "text", "wanted", "page", "card", "hide"] as const;
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
  mappings: Record<string, Mapped[]>;
  onChange: (change: { mapping: Mapped[] } | { mappings: Record<string, Mapped[]> }) => void;
}

export function FieldMapping({ channel, settings, mapping, mappings, onChange }: Props) {
  const { t } = useI18n();
  const [source, setSource] = useState("");
  const own = source === "" ? mapping : mappings[source];
  const shown = own ?? mapping;
  const { trial, wrong, busy, load } = useTrial(channel.id, settings, source);
  const change = (changed: Mapped[]) =>
    onChange(source === "" ? { mapping: changed } : { mappings: { ...mappings, [source]: changed } });
  const forget = () => {
    const { [source]: _, ...others } = mappings;
    onChange({ mappings: others });
  };
  const seen = trial?.fields ?? [];
  const fields = [...new Set([...seen.map((one) => one.name), ...shown.map((one) => one.field)])];
  return (
    <fieldset className={styles.group}>
      <legend>{t("forms.mapping")}</legend>
      <p className={styles.quiet}>{t("forms.mapping_hint")}</p>
      <Select
        label={t("trial.source")}
        description={source !== "" && own === undefined ? t("trial.common") : undefined}
        data={[
          { value: "", label: t("trial.site") },
          ...Object.entries(SOURCES).map(([value, label]) => ({ value, label })),
        ]}
        value={source}
        onChange={(value) => setSource(value ?? "")}
        allowDeselect={false}
      />
      <Button variant="default" size="compact-sm" loading={busy} onClick={() => void load()}>
        {t("forms.mapping_load")}
      </Button>
      <div role="status">{wrong ? <p className={styles.bad}>{wrong}</p> : null}</div>
      {fields.map((field) => (
        <OneField
          key={`${source} ${field}`}
          field={field}
          sample={seen.find((one) => one.name === field)?.value ?? ""}
          to={shown.find((one) => one.field === field)?.to ?? null}
          onChange={(to) => change(mappedWith(shown, field, to))}
        />
      ))}
      {source !== "" && own !== undefined ? (
        <Button variant="subtle" size="compact-sm" onClick={forget}>
          {t("trial.forget")}
        </Button>
      ) : null}
      {trial ? <Outcome trial={trial} /> : null}
    </fieldset>
  );
}

/** The newest submission read with the settings as they stand in the form; again whenever those change. */
function useTrial(channel: string, settings: Record<string, unknown>, source: string) {
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const [found, setFound] = useState<{ source: string; trial: Trial } | null>(null);
  const asked = useRef(0);
  const load = async () => {
    const turn = ++asked.current;
    setBusy(true);
    try {
      const trial = await api.trySettings(channel, settings, source);
      if (turn === asked.current) {
        setFound({ source, trial });
        setWrong("");
      }
    } catch (error) {
      if (turn === asked.current) {
        setFound(null);
        setWrong(words(error));
      }
    }
    if (turn === asked.current) setBusy(false);
  };
  const latest = useRef(load);
  latest.current = load;
  const written = JSON.stringify([settings.mapping, settings.mappings]);
  const before = useRef(written);
  useEffect(() => {
    if (before.current === written) return;
    before.current = written;
    if (!found) return;
    const later = window.setTimeout(() => void latest.current(), TRY_AGAIN_MS);
    return () => window.clearTimeout(later);
  }, [written, found]);
  return { trial: found?.source === source ? found.trial : null, wrong, busy, load };
}

/** What would become of the submission: who it is, what the message says, and what follows. */
function Outcome({ trial }: { trial: Trial }) {
  const { t } = useI18n();
  const named = trial.contact_name ?? t("contact.nameless");
  const facts = trial.contact_fields.map(({ name, value }) => `${name}: ${value}`).join(", ");
  return (
    <section className={styles.group} aria-label={t("trial.outcome")}>
      <b>{t("trial.outcome")}</b>
      <p className={styles.quiet}>
        {t("trial.contact", { name: named })}
        {trial.address ? ` · ${trial.address}` : ""}
        {facts ? ` · ${facts}` : ""}
      </p>
      <code className={styles.code}>{trial.text}</code>
      <ul className={styles.quiet}>
        {trial.happens.map((what) => (
          <li key={what}>
            {what === "flow"
              ? t("trial.flow", { flow: trial.flow ?? "" })
              : what === "known_contact"
                ? t("trial.known_contact", { name: trial.known_as ?? "" })
                : t(`trial.${what}`)}
          </li>
        ))}
      </ul>
      <p className={styles.quiet}>{t("trial.nothing_stored")}</p>
    </section>
  );
}

function OneField({
  field,
  sample,
  to,
  onChange,
}: {
  field: string;
  sample: string;
  to: string | null;
  onChange: (to: string | null) => void;
}) {
  const { t } = useI18n();
  const contact = to?.startsWith(CONTACT) ?? false;
  return (
    <div>
      <Select
        label={field}
        description={sample || undefined}
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
