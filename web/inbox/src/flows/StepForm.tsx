/** One step in a form. Every field changes the text at once. */
import { NativeSelect, Switch } from "@mantine/core";
import { useRef } from "react";
import type { Surroundings } from "@/flows/completion";
import { EffectsForm } from "@/flows/EffectsForm";
import { Field } from "@/flows/Field";
import { FormEnd } from "@/flows/FormEnd";
import { useFlowI18n } from "@/flows/i18n";
import { Options } from "@/flows/OptionsForm";
import styles from "@/flows/Outline.module.css";
import type { Step } from "@/flows/outline";
import { changeStep, type StepChange } from "@/flows/outlineEdits";
import { typeName } from "@/flows/StepCard";
import { CONTACT_FIELDS, isId, mayHave, TYPES } from "@/flows/vocabulary";
import { applied } from "@/flows/yamlText";

interface Props {
  text: string;
  step: Step;
  index: number;
  steps: Step[];
  /** The names of the flow's outcomes. */
  outcomes: string[];
  around: Surroundings;
  onText: (text: string) => void;
  onRename: (id: string) => void;
  onRemove: () => void;
  onMove: (to: number) => void;
}

type Change = (fresh: StepChange) => void;

export function StepForm(props: Props) {
  const { index, steps, onRemove, onMove } = props;
  const latest = useRef(props);
  latest.current = props;
  const change: Change = (fresh) => {
    const { text, index: at, onText } = latest.current;
    const changes = changeStep(text, at, fresh);
    if (changes.length > 0) onText(applied(text, changes));
  };
  return (
    <div className={styles.form}>
      <Fields {...props} change={change} />
      <FormEnd
        up={index > 0 ? () => onMove(index - 1) : null}
        down={index < steps.length - 1 ? () => onMove(index + 1) : null}
        onRemove={onRemove}
      />
    </div>
  );
}

function Fields(props: Props & { change: Change }) {
  const { step, around, change } = props;
  const { t } = useFlowI18n();
  switch (step.kind) {
    case "question":
      return <QuestionFields {...props} />;
    case "do":
      return (
        <>
          <EffectsForm effects={step.effects} around={around} onChange={(effects) => change({ effects })} />
          <Relevance step={step} change={change} />
        </>
      );
    case "use":
      return <UseFields {...props} />;
    case "say":
      return (
        <>
          <Field label={t("step.say")} value={step.id} onChange={(words) => words && change({ words })} long />
          <Relevance step={step} change={change} />
        </>
      );
    default:
      return <Field label={t("step.part")} value={step.id} onChange={(words) => words && change({ words })} long />;
  }
}

function Relevance({ step, change }: { step: Step; change: Change }) {
  const { t } = useFlowI18n();
  return (
    <Field
      label={t("form.if")}
      description={t(step.kind === "question" ? "form.if_hint" : "form.if_hint_always")}
      placeholder={'role == "owner"'}
      value={step.condition}
      code
      onChange={(condition) => change({ if: condition })}
    />
  );
}

/** The questions of another flow: which, and what stands before their names. */
function UseFields({ step, around, change, onRename }: Props & { change: Change }) {
  const { t } = useFlowI18n();
  const flows = around.flows.includes(step.id) ? around.flows : [step.id, ...around.flows];
  return (
    <>
      <NativeSelect
        label={t("form.use")}
        value={step.id}
        onChange={(event) => change({ words: event.currentTarget.value })}
        data={flows}
      />
      <Field
        label={t("form.as")}
        description={t("form.as_hint", { name: `${step.as || step.id}_…` })}
        placeholder={step.id}
        value={step.as}
        code
        fault={(name) => (name === "" || isId(name) ? null : t("form.id_bad"))}
        onChange={onRename}
        late
      />
      <Relevance step={step} change={change} />
    </>
  );
}

function QuestionFields({ step, steps, outcomes, onRename, change }: Props & { change: Change }) {
  const { t } = useFlowI18n();
  const others = steps.filter((one) => one !== step).map((one) => one.id);
  return (
    <>
      <Field label={t("form.text")} value={step.text} onChange={(text) => change({ text })} long />
      <div className={styles.pair}>
        <NativeSelect
          label={t("form.type")}
          value={step.type}
          onChange={(event) => change({ type: event.currentTarget.value })}
          data={[
            ...((TYPES as readonly string[]).includes(step.type) ? [] : [step.type]),
            ...TYPES.map((type) => ({ value: type, label: typeName(type, t) })),
          ]}
        />
        <Field
          label={t("form.id")}
          value={step.id}
          code
          fault={(id) => (isId(id) ? (others.includes(id) ? t("form.id_taken") : null) : t("form.id_bad"))}
          onChange={onRename}
          late
        />
      </div>
      {mayHave(step.type, "options") ? (
        <Options options={step.options} synonyms={step.synonyms} onChange={change} />
      ) : null}
      {mayHave(step.type, "range") ? (
        <Field
          label={t("form.range")}
          placeholder={step.type === "date" ? "today..today+30" : "0..10"}
          value={step.range}
          code
          onChange={(range) => change({ range })}
        />
      ) : null}
      <TypeFields step={step} outcomes={outcomes} change={change} />
      <Relevance step={step} change={change} />
      <Field label={t("form.hint")} value={step.hint} onChange={(hint) => change({ hint })} />
      <Field label={t("form.script")} value={step.script} onChange={(script) => change({ script })} />
      {mayHave(step.type, "optional") ? (
        <Switch
          label={t("form.optional")}
          checked={step.optional}
          onChange={(event) => change({ optional: event.currentTarget.checked })}
        />
      ) : null}
    </>
  );
}

/** What only some types of question have. */
function TypeFields({ step, outcomes, change }: { step: Step; outcomes: string[]; change: Change }) {
  const { t } = useFlowI18n();
  const has = (key: string) => mayHave(step.type, key);
  return (
    <>
      {step.type === "consent" || step.link ? (
        <Field
          label={t("form.link")}
          placeholder="https://"
          value={step.link}
          fault={(link) => (link === "" || /^https?:\/\/./.test(link) ? null : t("form.link_bad"))}
          onChange={(link) => change({ link })}
        />
      ) : null}
      {has("max") ? (
        <Field
          label={t("form.max")}
          value={step.max}
          fault={(max) => (max === "" || /^[1-9]\d{0,1}$/.test(max) ? null : t("form.max_bad"))}
          onChange={(max) => change({ max })}
        />
      ) : null}
      {has("alone") ? (
        <Field
          label={t("form.alone")}
          placeholder={step.options.at(-1)?.code ?? ""}
          value={step.alone}
          code
          onChange={(alone) => change({ alone })}
        />
      ) : null}
      {has("accept") ? (
        <Field
          label={t("form.accept")}
          placeholder="pdf, image"
          value={step.accept}
          code
          onChange={(accept) => change({ accept })}
        />
      ) : null}
      {has("else") ? (
        <NativeSelect
          label={t("form.else")}
          value={step.else}
          onChange={(event) => change({ else: event.currentTarget.value })}
          data={[
            { value: "", label: t(step.type === "consent" ? "form.else_consent" : "form.else_on") },
            ...(step.else && !outcomes.includes(step.else) ? [step.else] : []),
            ...outcomes,
          ]}
        />
      ) : null}
      {has("save") ? (
        <Field
          label={t("form.save")}
          placeholder="contact.phone"
          value={step.save}
          known={[...CONTACT_FIELDS]}
          fault={(save) => (save === "" || /^contact\.[a-z][a-z0-9_]{0,47}$/.test(save) ? null : t("form.save_bad"))}
          onChange={(save) => change({ save })}
        />
      ) : null}
    </>
  );
}
