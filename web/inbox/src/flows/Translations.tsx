/** The flow's texts beside those of another language; what is missing is marked. */
import { Button, Checkbox, Menu, Textarea } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import page from "@/flows/FlowPage.module.css";
import { useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Translations.module.css";
import {
  languageOf,
  missingIn,
  type TextKey,
  textKey,
  textsOf,
  translationOf,
  withTranslation,
} from "@/flows/translations";
import type { Problem } from "@/flows/types";
import type { Check } from "@/flows/useCheck";
import type { Drafting } from "@/flows/useDraft";
import { IconLanguage, IconPlus, IconTrash } from "@/ui/icons";
import { Badge, Empty } from "@/ui/parts";

/** The languages that the bot's own words are in. */
const OFFERED = ["en", "ru"];

interface Props {
  drafting: Drafting;
  flow: string;
  check: Check;
}

export function Translations({ drafting, flow, check }: Props) {
  const { t, locale } = useFlowI18n();
  const { state, own, edit, replace } = drafting;
  const text = state.files[own] ?? "";
  // The hub knows every text; while the flow has faults, what can be read here has to do.
  const keys = useMemo(() => {
    const known = Object.entries(check.texts);
    return known.length > 0 ? known.map(([key, words]) => textKey(key, words)) : textsOf(text);
  }, [check.texts, text]);
  const files = Object.keys(state.files).filter((name) => languageOf(name) !== null);
  const [chosen, setChosen] = useState<string | null>(null);
  const file = chosen && files.includes(chosen) ? chosen : (files[0] ?? null);
  const names = useMemo(() => new Intl.DisplayNames([locale], { type: "language" }), [locale]);
  const nameOf = (lang: string) => names.of(lang) ?? lang;
  const base = own.replace(/\.ya?ml$/, "");
  const add = (lang: string) => {
    const name = `${base}.${lang}.yml`;
    edit(name, state.files[name] ?? t("translations.first_line", { file: own }));
    setChosen(name);
  };
  const remove = (name: string) => {
    const { [name]: _gone, ...rest } = state.files;
    replace(rest);
  };
  const free = OFFERED.filter((lang) => lang !== check.langs[0] && !files.some((name) => languageOf(name) === lang));
  const adding = (
    <Menu position="bottom-start" width={200}>
      <Menu.Target>
        <Button variant="default" size="compact-sm" leftSection={<IconPlus size={16} />}>
          {t("translations.add")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {free.map((lang) => (
          <Menu.Item key={lang} onClick={() => add(lang)}>
            {nameOf(lang)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
  if (file === null) {
    return (
      <div className={page.scroll}>
        <Empty icon={IconLanguage} title={t("translations.none")} action={adding}>
          {t("translations.none_hint", { flow })}
        </Empty>
      </div>
    );
  }
  return (
    <div className={page.scroll}>
      <div className={page.inner}>
        <div className={styles.bar}>
          <div className={styles.langs} role="tablist" aria-label={t("tab.translations")}>
            {files.map((name) => {
              const missing = missingIn(keys, translationOf(state.files[name] ?? "")).length;
              return (
                <button
                  key={name}
                  type="button"
                  role="tab"
                  aria-selected={name === file}
                  onClick={() => setChosen(name)}
                >
                  {nameOf(languageOf(name) ?? "")}
                  {missing ? <Badge tone="warn">{t("translations.missing", { n: missing })}</Badge> : null}
                </button>
              );
            })}
          </div>
          {adding}
        </div>
        <Pair
          key={file}
          keys={keys}
          text={state.files[file] ?? ""}
          language={nameOf(languageOf(file) ?? "")}
          problems={check.problems.filter((problem) => problem.file === file && !problem.code.includes("missing"))}
          onText={(next) => edit(file, next)}
          onRemove={() => remove(file)}
        />
      </div>
    </div>
  );
}

interface PairProps {
  keys: TextKey[];
  text: string;
  language: string;
  problems: Problem[];
  onText: (text: string) => void;
  onRemove: () => void;
}

function Pair({ keys, text, language, problems, onText, onRemove }: PairProps) {
  const { t } = useFlowI18n();
  const [only, setOnly] = useState(false);
  const known = useMemo(() => translationOf(text), [text]);
  const missing = missingIn(keys, known);
  const extra = [...known.keys()].filter((key) => !keys.some((one) => one.key === key));
  const [kept, setKept] = useState<string[]>(missing);
  const shown = only ? keys.filter((one) => kept.includes(one.key) || missing.includes(one.key)) : keys;
  const body = useRef<HTMLTableSectionElement>(null);
  const next = () => {
    const first = body.current?.querySelector<HTMLTextAreaElement>("tr[data-missing] textarea");
    first?.focus();
    first?.scrollIntoView({ block: "center" });
  };
  return (
    <>
      <div className={styles.tools}>
        <Checkbox
          size="xs"
          label={t("translations.only_missing")}
          checked={only}
          onChange={(event) => {
            setKept(missing);
            setOnly(event.currentTarget.checked);
          }}
        />
        {missing.length > 0 ? (
          <Button size="compact-sm" variant="light" onClick={next}>
            {t("translations.next")}
          </Button>
        ) : (
          <Badge tone="good">{t("translations.complete")}</Badge>
        )}
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          leftSection={<IconTrash size={14} />}
          onClick={onRemove}
          className={styles.remove ?? ""}
        >
          {t("translations.remove")}
        </Button>
      </div>
      {problems.map((problem) => (
        <p key={`${problem.line}:${problem.code}`} className={styles.problem}>
          {problem.sentence} {problem.suggestion}
        </p>
      ))}
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("translations.original")}</th>
            <th scope="col">{language}</th>
          </tr>
        </thead>
        <tbody ref={body}>
          {shown.map((one) => (
            <tr key={one.key} data-kind={one.kind} data-missing={missing.includes(one.key) || undefined}>
              <th scope="row">
                <code>{one.key}</code>
                <span>{one.text}</span>
              </th>
              <td>
                <Cell
                  label={t("translations.of", { key: one.key, language })}
                  value={known.get(one.key) ?? ""}
                  placeholder={t("translations.placeholder")}
                  onChange={(value) => onText(withTranslation(text, one.key, value))}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {extra.length > 0 ? (
        <div className={styles.extra}>
          <p>{t("translations.extra", { keys: extra.join(", ") })}</p>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => onText(extra.reduce((rest, key) => withTranslation(rest, key, ""), text))}
          >
            {t("translations.drop_extra")}
          </Button>
        </div>
      ) : null}
    </>
  );
}

interface CellProps {
  label: string;
  value: string;
  placeholder: string;
  onChange: (value: string) => void;
}

function Cell({ label, value, placeholder, onChange }: CellProps) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  return (
    <Textarea
      aria-label={label}
      placeholder={placeholder}
      value={typed}
      rows={Math.max(1, Math.ceil(typed.length / 56))}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => typed !== value && onChange(typed)}
      maxLength={4_000}
    />
  );
}
