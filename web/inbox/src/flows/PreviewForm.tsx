/** The flow as a hosted form, and as the script that an operator fills in on the phone: one part a page. */
import { Button } from "@mantine/core";
import type { Facts } from "@switchboard/conditions";
import { type FormEvent, useState } from "react";
import { type Filled, questionsOf, shownItems } from "@/flows/formPage";
import { useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Preview.module.css";
import { effectWords } from "@/flows/PreviewChat";
import type { Line } from "@/flows/transcript";
import type { FormPage, Preview, PreviewEvent, Prompt } from "@/flows/types";

type Value = Filled[string];

interface Props {
  mode: "form" | "call";
  preview: Preview;
  lines: Line[];
  act: (event: PreviewEvent) => void;
}

export function FormWindow({ mode, preview, lines, act }: Props) {
  const { t } = useFlowI18n();
  const pages = preview.pages[mode];
  const found = pages.findIndex((page) => questionsOf(page).some(({ prompt }) => prompt.question === preview.open));
  const page = pages[found];
  const last = [...lines].reverse().find((line) => line.from === "bot");
  if (preview.finished || !page) {
    return (
      <div className={styles.page}>
        {last?.from === "bot" ? <p className={styles.thanks}>{last.text}</p> : null}
        <ul className={styles.caused}>
          {lines.map((line) => (line.from === "note" ? <li key={line.key}>{effectWords(line.effect, t)}</li> : null))}
        </ul>
      </div>
    );
  }
  return (
    <div className={styles.page}>
      <p className={styles.progress}>
        {t("preview.page", { at: found + 1, of: pages.length })}
        <progress max={pages.length} value={found} aria-label={t("preview.progress")} />
      </p>
      {page.heading ? <h4>{page.heading}</h4> : null}
      <PageForm
        key={`${found}-${questionsOf(page)
          .map(({ prompt }) => prompt.question)
          .join()}`}
        page={page}
        facts={preview.facts}
        mode={mode}
        faults={preview.steps.at(-1)?.faults ?? {}}
        act={act}
      />
    </div>
  );
}

interface PageProps {
  page: FormPage;
  facts: Facts;
  mode: "form" | "call";
  faults: Record<string, string>;
  act: (event: PreviewEvent) => void;
}

function PageForm({ page, facts, mode, faults, act }: PageProps) {
  const { t } = useFlowI18n();
  const [values, setValues] = useState<Filled>(() =>
    Object.fromEntries(
      questionsOf(page).flatMap(({ prompt, given }) => (given === null ? [] : [[prompt.question, given]])),
    ),
  );
  const [refused, setRefused] = useState<Record<string, string>>({});
  const shown = shownItems(page, values, facts);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const asked = shown.flatMap((item) => (item.kind === "question" ? item : []));
    const filled = Object.fromEntries(
      asked.flatMap(({ prompt: { question } }) => {
        const value = values[question];
        return !refused[question] && value?.length ? [[question, value]] : [];
      }),
    );
    const left = Object.fromEntries(
      asked
        .filter(({ prompt }) => prompt.optional && !(prompt.question in filled))
        .map(({ prompt }) => [prompt.question, refused[prompt.question] ?? "skipped"]),
    );
    act({ kind: "filled", values: filled, refused: left });
  };
  return (
    <form className={styles.fields} onSubmit={submit} noValidate>
      {shown.map((item) => {
        if (item.kind === "note") {
          return (
            <p key={item.text} className={styles.quiet}>
              {item.text}
            </p>
          );
        }
        const { prompt } = item;
        const name = prompt.question;
        return (
          <Question
            key={name}
            question={prompt}
            mode={mode}
            value={values[name]}
            fault={faults[name]}
            refused={refused[name]}
            onChange={(value) => setValues((known) => ({ ...known, [name]: value }))}
            onRefuse={(why) =>
              setRefused(({ [name]: before, ...rest }) => (before === why ? rest : { ...rest, [name]: why }))
            }
          />
        );
      })}
      <Button type="submit" size="compact-sm">
        {t("preview.next")}
      </Button>
    </form>
  );
}

interface QuestionProps {
  question: Prompt;
  mode: "form" | "call";
  value: Value | undefined;
  fault: string | undefined;
  refused: string | undefined;
  onChange: (value: Value) => void;
  onRefuse: (why: string) => void;
}

const INPUTS: Record<string, string> = { number: "text", date: "date", phone: "tel", email: "email" };

function Question({ question, mode, value, fault, refused, onChange, onRefuse }: QuestionProps) {
  const { t } = useFlowI18n();
  const id = `preview-${mode}-${question.question}`;
  const several = question.choices.length > 0 && question.type !== "date";
  return (
    <fieldset className={styles.question} data-refused={refused || undefined}>
      <legend>
        {question.text}
        {question.optional ? <i> {t("preview.optional")}</i> : null}
      </legend>
      {question.hint ? <p className={styles.quiet}>{question.hint}</p> : null}
      {several ? (
        <Choices question={question} id={id} value={value} digits={mode === "call"} onChange={onChange} />
      ) : question.type === "text" ? (
        <textarea
          rows={2}
          aria-label={question.text}
          value={String(value ?? "")}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      ) : question.type === "file" ? (
        <p className={styles.quiet}>{t(mode === "call" ? "preview.file_link" : "preview.file_here")}</p>
      ) : (
        <input
          type={INPUTS[question.type] ?? "text"}
          inputMode={question.type === "number" ? "decimal" : undefined}
          aria-label={question.text}
          value={String(value ?? "")}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
      {mode === "call" && question.optional ? (
        <span className={styles.refuse}>
          <button type="button" aria-pressed={refused === "refused"} onClick={() => onRefuse("refused")}>
            {t("preview.refused")} <kbd>F8</kbd>
          </button>
          <button type="button" aria-pressed={refused === "unknown"} onClick={() => onRefuse("unknown")}>
            {t("preview.unknown")} <kbd>F9</kbd>
          </button>
        </span>
      ) : null}
      {fault ? (
        <p className={styles.fault} role="alert">
          {fault}
        </p>
      ) : null}
    </fieldset>
  );
}

interface ChoicesProps {
  question: Prompt;
  id: string;
  value: Value | undefined;
  digits: boolean;
  onChange: (value: Value) => void;
}

function Choices({ question, id, value, digits, onChange }: ChoicesProps) {
  const chosen = Array.isArray(value) ? value : value === undefined ? [] : [value];
  const scale = question.type === "rating";
  const toggle = (code: string) => {
    if (!question.multiple) onChange(code);
    else if (chosen.includes(code)) onChange(chosen.filter((one) => one !== code));
    else if (question.alone.includes(code)) onChange([code]);
    else onChange([...chosen.filter((one) => !question.alone.includes(one)), code]);
  };
  return (
    <span className={styles.choices} data-scale={scale || undefined}>
      {question.choices.map((choice, index) => {
        const code = choice.code ?? choice.label;
        const full =
          question.multiple &&
          question.max_choices !== null &&
          chosen.length >= question.max_choices &&
          !chosen.includes(code);
        return (
          <label key={code} data-chosen={chosen.includes(code) || undefined}>
            <input
              type={question.multiple ? "checkbox" : "radio"}
              name={id}
              checked={chosen.includes(code)}
              disabled={full}
              onChange={() => toggle(code)}
            />
            {digits && !scale && index < 9 ? <kbd>{index + 1}</kbd> : null}
            {choice.label}
          </label>
        );
      })}
    </span>
  );
}
