/** Settings that are texts, secrets and choices: what most kinds of channel have. */
import { MultiSelect, PasswordInput, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import type { Channel } from "@/api/types";
import { useI18n } from "@/i18n";
import type { en } from "@/i18n/en";
import { keys } from "@/live/queries";
import { Copied } from "@/manage/Copied";

type PlainKey = Extract<keyof typeof en, `generic.${string}` | `jivochat.${string}`>;

export interface PlainField {
  name: string;
  type: "text" | "secret" | "webhook" | "channels";
  label: PlainKey;
  hint: PlainKey;
  required?: boolean;
  placeholder?: string;
}

export type PlainForm = Record<string, string>;

/** The fields as they are stored; secrets are never shown. */
export function plainForm(fields: PlainField[], channel: Channel | null): PlainForm {
  const settings = channel?.settings ?? {};
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      const value = settings[name];
      if (type === "channels") return [name, Array.isArray(value) ? value.join(" ") : ""];
      return [name, type !== "secret" && typeof value === "string" ? value : ""];
    }),
  );
}

/** The settings with what the form changes. A secret that is not typed stays as it is stored. */
export function plainSettings(
  fields: PlainField[],
  form: PlainForm,
  before: Record<string, unknown>,
): Record<string, unknown> {
  const changed = fields
    .filter(({ name, type }) => type !== "secret" || form[name]?.trim())
    .map(({ name, type }) => [name, type === "channels" ? listOf(form[name]) : form[name]?.trim() || null]);
  return { ...before, ...Object.fromEntries(changed) };
}

/** Ids of channels as one text, which is how the form holds them. */
function listOf(value: string | undefined): string[] {
  return (value ?? "").split(" ").filter(Boolean);
}

interface Props {
  fields: PlainField[];
  channel: Channel | null;
  form: PlainForm;
  onChange: (change: PlainForm) => void;
}

export function PlainSettings({ fields, channel, form, onChange }: Props) {
  return (
    <>
      {fields.map((field) => (
        <One
          key={field.name}
          field={field}
          stored={channel?.secrets_set?.includes(field.name) ?? false}
          value={form[field.name] ?? ""}
          onChange={(value) => onChange({ [field.name]: value })}
        />
      ))}
      {channel ? <Address id={channel.id} /> : null}
    </>
  );
}

interface OneProps {
  field: PlainField;
  stored: boolean;
  value: string;
  onChange: (value: string) => void;
}

function One({ field, stored, value, onChange }: OneProps) {
  const { t } = useI18n();
  const { type, required = false, placeholder } = field;
  const label = t(field.label);
  const hint = t(field.hint);
  if (type === "channels") return <Channels label={label} hint={hint} value={value} onChange={onChange} />;
  if (type === "webhook") return <Webhook label={label} hint={hint} value={value} onChange={onChange} />;
  if (type === "secret") {
    return (
      <PasswordInput
        label={label}
        description={stored ? t("plain.stored") : hint}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        required={required && !stored}
        withAsterisk={false}
        autoComplete="off"
        maxLength={200}
        visibilityToggleButtonProps={{ "aria-label": t("plain.show") }}
      />
    );
  }
  return (
    <TextInput
      label={label}
      description={hint}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      required={required}
      withAsterisk={false}
      placeholder={placeholder}
      maxLength={2_000}
    />
  );
}

type ChoiceProps = Omit<OneProps, "field" | "stored"> & { label: string; hint: string };

/** Some of the project's channels. */
function Channels({ label, hint, value, onChange }: ChoiceProps) {
  const channels = useQuery({ queryKey: keys.channels, queryFn: api.channels }).data?.items ?? [];
  return (
    <MultiSelect
      label={label}
      description={hint}
      data={channels
        .filter((one) => !one.kind.startsWith("jivochat"))
        .map(({ id, name }) => ({ value: id, label: name }))}
      value={listOf(value)}
      onChange={(ids) => onChange(ids.join(" "))}
    />
  );
}

/** One of the project's webhooks. */
function Webhook({ label, hint, value, onChange }: ChoiceProps) {
  const { t } = useI18n();
  const known = useQuery({ queryKey: ["webhooks"], queryFn: api.webhooks }).data?.items.map((one) => one.name) ?? [];
  const names = value && !known.includes(value) ? [...known, value] : known;
  return (
    <Select
      label={label}
      description={hint}
      data={[{ value: "", label: t("generic.no_webhook") }, ...names.map((name) => ({ value: name, label: name }))]}
      value={value}
      onChange={(name) => onChange(name ?? "")}
      allowDeselect={false}
    />
  );
}

function Address({ id }: { id: string }) {
  const { t } = useI18n();
  const found = useQuery({ queryKey: ["snippet", id], queryFn: () => api.snippet(id), staleTime: Infinity }).data;
  return found?.address ? <Copied label={t("plain.address")} text={found.address} /> : null;
}
