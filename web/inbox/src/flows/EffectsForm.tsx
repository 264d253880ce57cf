/** What a step or an outcome causes, as a form. */
import { NativeSelect, Switch } from "@mantine/core";
import type { Surroundings } from "@/flows/completion";
import type { Effects } from "@/flows/effects";
import { Field } from "@/flows/Field";
import { useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Outline.module.css";
import { PRIORITIES } from "@/flows/vocabulary";

interface Props {
  effects: Effects;
  around: Surroundings;
  onChange: (effects: Partial<Effects>) => void;
}

const SLUG = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const TEAM = /^[\p{L}\p{N}][\p{L}\p{N}_ .-]{0,63}$/u;
const DURATION = /^\d{1,4}\s*[smhdw]$/;

export function EffectsForm({ effects, around, onChange }: Props) {
  const { t } = useFlowI18n();
  const slug = (name: string) => (name === "" || SLUG.test(name) ? null : t("causes.bad_name"));
  const slugs = (names: string) =>
    names
      .split(",")
      .map((name) => slug(name.trim()))
      .find(Boolean) ?? null;
  const length = (text: string) => (text === "" || DURATION.test(text) ? null : t("causes.bad_length"));
  return (
    <fieldset className={styles.effects}>
      <legend>{t("causes.title")}</legend>
      <div className={styles.pair}>
        <Field
          label={t("causes.stage")}
          value={effects.stage}
          known={around.stages}
          fault={slug}
          onChange={(stage) => onChange({ stage })}
        />
        <Field
          label={t("causes.tag")}
          placeholder="vip, spring"
          value={effects.tag}
          fault={slugs}
          onChange={(tag) => onChange({ tag })}
        />
      </div>
      <Switch
        label={t("causes.escalate")}
        checked={effects.escalate}
        onChange={(event) => onChange({ escalate: event.currentTarget.checked })}
      />
      {effects.escalate ? (
        <div className={styles.inner}>
          <Field
            label={t("causes.team")}
            placeholder={t("causes.any_team")}
            value={effects.team}
            known={around.teams}
            fault={(name) => (name === "" || TEAM.test(name) ? null : t("causes.bad_team"))}
            onChange={(team) => onChange({ team })}
          />
          <Field label={t("causes.say")} value={effects.say} onChange={(say) => onChange({ say })} long />
          <Field label={t("causes.away")} value={effects.awaySay} onChange={(awaySay) => onChange({ awaySay })} long />
        </div>
      ) : null}
      <Switch
        label={t("causes.call_back")}
        checked={effects.call_back}
        onChange={(event) => onChange({ call_back: event.currentTarget.checked })}
      />
      <div className={styles.pair}>
        <NativeSelect
          label={t("causes.priority")}
          value={effects.priority}
          onChange={(event) => onChange({ priority: event.currentTarget.value })}
          data={[
            { value: "", label: t("causes.as_it_is") },
            ...PRIORITIES.map((value) => ({ value, label: t(`causes.priority.${value}`) })),
          ]}
        />
        <Field
          label={t("causes.webhook")}
          value={effects.webhook}
          known={around.webhooks}
          fault={slug}
          onChange={(webhook) => onChange({ webhook })}
        />
      </div>
      <div className={styles.pair}>
        <NativeSelect
          label={t("causes.start")}
          value={effects.start}
          onChange={(event) =>
            onChange({ start: event.currentTarget.value, ...(event.currentTarget.value ? {} : { after: "" }) })
          }
          data={[
            { value: "", label: t("causes.none") },
            ...(effects.start && !around.flows.includes(effects.start) ? [effects.start] : []),
            ...around.flows,
          ]}
        />
        {effects.start ? (
          <Field
            label={t("causes.after")}
            placeholder="14d"
            value={effects.after}
            fault={length}
            onChange={(after) => onChange({ after })}
          />
        ) : null}
      </div>
      <Switch
        label={t("causes.erase")}
        checked={effects.erase}
        onChange={(event) => onChange({ erase: event.currentTarget.checked })}
      />
      <Switch
        label={t("causes.opt_out")}
        checked={effects.opt_out}
        onChange={(event) => onChange({ opt_out: event.currentTarget.checked })}
      />
    </fieldset>
  );
}
