/** The settings of a form channel: its sites, its address, other systems' secret, and what fields are. */
import { Checkbox, NumberInput, PasswordInput, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import type { Channel } from "@/api/types";
import { useI18n } from "@/i18n";
import { Copied } from "@/manage/Copied";
import { FieldMapping, type Mapped } from "@/manage/FieldMapping";
import { FormLink } from "@/manage/FormLink";
import { FormLinks } from "@/manage/FormLinks";

export interface FormsForm {
  sites: string;
  thanks: string;
  secret: string;
  mapping: Mapped[];
  calls: boolean;
  altcha: boolean;
  withinS: number | string;
  mappings: Record<string, Mapped[]>;
}

function isMapped(value: unknown): value is Mapped {
  const one = value as Partial<Mapped> | null;
  return typeof one === "object" && one !== null && typeof one.field === "string" && typeof one.to === "string";
}

function mappingsOf(value: unknown): Record<string, Mapped[]> {
  if (typeof value !== "object" || value === null) return {};
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([source, mapped]) => [source, Array.isArray(mapped) ? mapped.filter(isMapped) : []]),
  );
}

export function formsForm(channel: Channel | null): FormsForm {
  const settings = channel?.settings ?? {};
  return {
    sites: Array.isArray(settings.sites) ? settings.sites.join("\n") : "",
    thanks: typeof settings.thanks === "string" ? settings.thanks : "",
    secret: "",
    altcha: settings.altcha === true,
    calls: typeof settings.call_back === "object" && settings.call_back !== null,
    withinS: (settings.call_back as { within_s?: number } | null | undefined)?.within_s ?? "",
    mapping: Array.isArray(settings.mapping) ? settings.mapping.filter(isMapped) : [],
    mappings: mappingsOf(settings.mappings),
  };
}

/** The settings with what the form changes. A secret that is not typed stays as it is stored. */
export function formsSettings(form: FormsForm, before: Record<string, unknown>): Record<string, unknown> {
  return {
    ...before,
    sites: form.sites.split(/[\s,]+/).filter(Boolean),
    thanks: form.thanks.trim() || null,
    mapping: form.mapping,
    ...(form.altcha || before.altcha ? { altcha: form.altcha } : {}),
    ...(form.calls || before.call_back
      ? { call_back: form.calls ? { within_s: Number(form.withinS) || null } : null }
      : {}),
    mappings: form.mappings,
    ...(form.secret.trim() ? { secret: form.secret.trim() } : {}),
  };
}

interface Props {
  channel: Channel | null;
  form: FormsForm;
  onChange: (change: Partial<FormsForm>) => void;
}

export function FormsSettings({ channel, form, onChange }: Props) {
  const { t } = useI18n();
  const stored = channel?.secrets_set?.includes("secret") ?? false;
  return (
    <>
      <Textarea
        label={t("forms.sites")}
        description={t("forms.sites_hint")}
        placeholder="https://shop.example"
        value={form.sites}
        onChange={(event) => onChange({ sites: event.currentTarget.value })}
        rows={3}
      />
      <TextInput
        label={t("forms.thanks")}
        description={t("forms.thanks_hint")}
        placeholder="https://shop.example/thanks"
        value={form.thanks}
        onChange={(event) => onChange({ thanks: event.currentTarget.value })}
        maxLength={2_000}
      />
      <PasswordInput
        label={t("forms.secret")}
        description={stored ? t("forms.secret_stored") : t("forms.secret_hint")}
        value={form.secret}
        onChange={(event) => onChange({ secret: event.currentTarget.value })}
        autoComplete="off"
        minLength={16}
        maxLength={200}
        visibilityToggleButtonProps={{ "aria-label": t("forms.secret_show") }}
      />
      <Checkbox
        label={t("forms.altcha")}
        description={t("forms.altcha_hint")}
        checked={form.altcha}
        onChange={(event) => onChange({ altcha: event.currentTarget.checked })}
      />
      <Checkbox
        label={t("forms.calls")}
        description={t("forms.calls_hint")}
        checked={form.calls}
        onChange={(event) => onChange({ calls: event.currentTarget.checked })}
      />
      {form.calls ? (
        <NumberInput
          label={t("forms.within")}
          description={t("forms.within_hint")}
          value={form.withinS}
          min={1}
          max={604_800}
          onChange={(withinS) => onChange({ withinS })}
        />
      ) : null}
      {channel ? (
        <>
          <Endpoint id={channel.id} />
          <FormLink />
          <FormLinks />
          <FieldMapping
            channel={channel}
            settings={formsSettings(form, channel.settings ?? {})}
            mapping={form.mapping}
            mappings={form.mappings}
            onChange={onChange}
          />
        </>
      ) : null}
    </>
  );
}

function Endpoint({ id }: { id: string }) {
  const { t } = useI18n();
  const found = useQuery({ queryKey: ["snippet", id], queryFn: () => api.snippet(id), staleTime: Infinity }).data;
  if (!found?.address) return null;
  return (
    <>
      <Copied label={t("forms.address")} text={found.address} />
      <Copied label={t("forms.snippet")} text={found.html} />
    </>
  );
}
