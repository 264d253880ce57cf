/** The options of a question, each with its code, its label and its synonyms. */
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Outline.module.css";
import type { Option } from "@/flows/outline";
import type { StepChange } from "@/flows/outlineEdits";
import { IconArrowUp, IconPlus, IconX } from "@/ui/icons";

interface OptionsProps {
  options: Option[];
  synonyms: Record<string, string>;
  onChange: (change: StepChange) => void;
}

export function Options({ options, synonyms, onChange: pass }: OptionsProps) {
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
