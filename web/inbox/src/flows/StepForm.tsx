/** One step in a form. Every field changes the text at once. */
import { ActionIcon, Button, NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { useFlowI18n } from "@/flows/i18n";
import { typeName } from "@/flows/Outline";
import styles from "@/flows/Outline.module.css";
import type { Option, Step } from "@/flows/outline";
import { applied, changeStep, type StepChange } from "@/flows/outlineEdits";
import { isId, mayHave, TYPES } from "@/flows/vocabulary";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash, IconX } from "@/ui/icons";

interface Props {
  text: string;
  step: Step;
  index: number;
  steps: Step[];
  onText: (text: string) => void;
  onRename: (id: string) => void;
  onRemove: () => void;
  onMove: (to: number) => void;
}

const APPLY_AFTER_MS = 250;

export function StepForm(props: Props) {
  const { step, index, steps, onRemove, onMove } = props;
  const { t } = useFlowI18n();
  const latest = useRef(props);
  latest.current = props;
  const change = (fresh: StepChange) => {
    const { text, index: at, onText } = latest.current;
    const changes = changeStep(text, at, fresh);
    if (changes.length > 0) onText(applied(text, changes));
  };
  return (
    <div className={styles.form}>
      {step.kind === "question" ? (
        <QuestionFields {...props} change={change} />
      ) : step.kind === "part" || step.kind === "say" ? (
        <Field label={t(`step.${step.kind}`)} value={step.id} onChange={(words) => words && change({ words })} long />
      ) : (
        <p className={styles.none}>{t("form.in_text")}</p>
      )}
      {step.kind === "do" || step.kind === "use" ? null : (
        <div className={styles.formEnd}>
          <ActionIcon size="md" aria-label={t("form.up")} disabled={index === 0} onClick={() => onMove(index - 1)}>
            <IconArrowUp size={16} />
          </ActionIcon>
          <ActionIcon
            size="md"
            aria-label={t("form.down")}
            disabled={index === steps.length - 1}
            onClick={() => onMove(index + 1)}
          >
            <IconArrowDown size={16} />
          </ActionIcon>
          <Button
            variant="subtle"
            color="red"
            size="compact-sm"
            leftSection={<IconTrash size={14} />}
            onClick={onRemove}
          >
            {t("form.remove")}
          </Button>
        </div>
      )}
    </div>
  );
}

function QuestionFields({ step, steps, onRename, change }: Props & { change: (fresh: StepChange) => void }) {
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
      <Field
        label={t("form.if")}
        description={t("form.if_hint")}
        placeholder={'role == "owner"'}
        value={step.condition}
        code
        onChange={(condition) => change({ if: condition })}
      />
      <Field label={t("form.hint")} value={step.hint} onChange={(hint) => change({ hint })} />
      <Field label={t("form.script")} value={step.script} onChange={(script) => change({ script })} />
      <Switch
        label={t("form.optional")}
        checked={step.optional}
        onChange={(event) => change({ optional: event.currentTarget.checked })}
      />
    </>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  description?: string;
  placeholder?: string;
  fault?: (value: string) => string | null;
  code?: boolean;
  long?: boolean;
  /** Only when the field is left: a half-typed id would be renamed everywhere. */
  late?: boolean;
}

/** Keeps what is typed, and passes it on a moment later; follows the text while it has not the focus. */
function Field({ label, value, onChange, fault, code, long, late, ...rest }: FieldProps) {
  const [typed, setTyped] = useState(value);
  const focused = useRef(false);
  useEffect(() => {
    if (!focused.current) setTyped(value);
  }, [value]);
  const error = fault && typed !== value ? fault(typed) : null;
  const pass = (next: string) => {
    if (next !== value && !fault?.(next)) onChange(next);
  };
  const soon = useDebouncedCallback(pass, APPLY_AFTER_MS);
  const common = {
    label,
    value: typed,
    error,
    onChange: (event: { currentTarget: { value: string } }) => {
      setTyped(event.currentTarget.value);
      if (!late) soon(event.currentTarget.value);
    },
    onFocus: () => {
      focused.current = true;
    },
    onBlur: () => {
      focused.current = false;
      pass(typed);
    },
    ...rest,
  };
  if (long) return <Textarea {...common} rows={2} autosize={false} maxLength={4_000} />;
  return (
    <TextInput
      {...common}
      maxLength={500}
      onKeyDown={(event) => event.key === "Enter" && pass(typed)}
      {...(code ? { styles: { input: { fontFamily: "ui-monospace, SFMono-Regular, Menlo, monospace" } } } : {})}
    />
  );
}

interface OptionsProps {
  options: Option[];
  synonyms: Record<string, string>;
  onChange: (change: StepChange) => void;
}

function Options({ options, synonyms, onChange: pass }: OptionsProps) {
  const { t } = useFlowI18n();
  // Synonyms follow their option: they go with it, and stand in its order.
  const onChange = (next: Option[], words = synonyms) =>
    pass({ options: next, synonyms: Object.fromEntries(next.map(({ code }) => [code, words[code] ?? ""])) });
  const set = (index: number, fresh: Partial<Option>) => {
    const old = options[index]?.code ?? "";
    const code = fresh.code ?? old;
    onChange(
      options.map((one, at) => (at === index ? { ...one, ...fresh } : one)),
      { ...synonyms, [code]: synonyms[old] ?? "" },
    );
  };
  const swap = (index: number) => {
    const next = [...options];
    const [moved] = next.splice(index, 1);
    if (moved) next.splice(index - 1, 0, moved);
    onChange(next);
  };
  const add = () => {
    let number = options.length + 1;
    while (options.some((one) => one.code === `option_${number}`)) number += 1;
    onChange([...options, { code: `option_${number}`, label: t("form.new_option", { n: number }) }]);
  };
  return (
    <fieldset className={styles.options}>
      <legend>{t("form.options")}</legend>
      {options.map((option, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; its code is being typed
        <div key={index} className={styles.option}>
          <OptionInput
            label={t("form.option_code", { n: index + 1 })}
            value={option.code}
            valid={(code) =>
              /^[a-z0-9][\w-]*$/i.test(code) && !options.some((one, at) => at !== index && one.code === code)
            }
            onChange={(code) => set(index, { code })}
          />
          <OptionInput
            label={t("form.option_label", { n: index + 1 })}
            value={option.label}
            valid={(label) => label.trim() !== ""}
            onChange={(label) => set(index, { label })}
          />
          <ActionIcon
            size="sm"
            aria-label={t("form.option_up", { name: option.label })}
            disabled={index === 0}
            onClick={() => swap(index)}
          >
            <IconArrowUp size={14} />
          </ActionIcon>
          <ActionIcon
            size="sm"
            aria-label={t("form.option_remove", { name: option.label })}
            onClick={() => onChange(options.filter((_, at) => at !== index))}
          >
            <IconX size={14} />
          </ActionIcon>
          <OptionInput
            label={t("form.option_synonyms", { name: option.label })}
            placeholder={t("form.synonyms")}
            value={synonyms[option.code] ?? ""}
            valid={() => true}
            onChange={(typed) => pass({ synonyms: { ...synonyms, [option.code]: typed } })}
          />
        </div>
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconPlus size={14} />}
        onClick={add}
        style={{ justifySelf: "start" }}
      >
        {t("form.add_option")}
      </Button>
    </fieldset>
  );
}

function OptionInput({
  label,
  value,
  valid,
  onChange,
  placeholder,
}: {
  label: string;
  placeholder?: string;
  value: string;
  valid: (value: string) => boolean;
  onChange: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const pass = () => {
    if (typed !== value && valid(typed)) onChange(typed);
    else if (!valid(typed)) setTyped(value);
  };
  return (
    <TextInput
      size="xs"
      aria-label={label}
      placeholder={placeholder}
      value={typed}
      error={!valid(typed)}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={pass}
      onKeyDown={(event) => event.key === "Enter" && pass()}
      maxLength={200}
    />
  );
}
