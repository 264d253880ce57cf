/** What the check found; a click goes there. */
import { useState } from "react";
import styles from "@/flows/FlowPage.module.css";
import { useFlowI18n } from "@/flows/i18n";
import { wordsOf } from "@/flows/problems";
import type { Problem } from "@/flows/types";
import { IconAlertCircle, IconAlertTriangle, IconChevronDown, IconCircleCheck } from "@/ui/icons";

interface Props {
  problems: Problem[];
  own: string;
  onChoose: (problem: Problem) => void;
}

export function ProblemList({ problems, own, onChoose }: Props) {
  const { t } = useFlowI18n();
  const [open, setOpen] = useState(true);
  if (problems.length === 0) {
    return (
      <p className={styles.noProblems}>
        <IconCircleCheck size={16} aria-hidden /> {t("problems.none")}
      </p>
    );
  }
  return (
    <div className={styles.problems}>
      <button type="button" className={styles.problemsHead} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronDown size={16} aria-hidden data-closed={!open || undefined} />
        {t("problems.title", { n: problems.length })}
      </button>
      {open ? <Problems problems={problems} own={own} onChoose={onChoose} /> : null}
    </div>
  );
}

export function Problems({ problems, own, onChoose }: Props) {
  const { t, locale } = useFlowI18n();
  const said = problems.map((problem) => ({ problem, ...wordsOf(problem, locale) }));
  return (
    <ul className={styles.problemList}>
      {said.map(({ problem, sentence, suggestion }) => (
        <li key={`${problem.file}:${problem.line}:${problem.column}:${problem.code}`}>
          <button type="button" data-severity={problem.severity} onClick={() => onChoose(problem)}>
            {problem.severity === "error" ? (
              <IconAlertCircle size={16} aria-label={t("problems.error")} />
            ) : (
              <IconAlertTriangle size={16} aria-label={t("problems.warning")} />
            )}
            <span>
              <Quoted text={sentence} />{" "}
              {suggestion ? (
                <i>
                  <Quoted text={suggestion} />
                </i>
              ) : null}
            </span>
            <code>
              {problem.file === own ? "" : `${problem.file}:`}
              {problem.line}:{problem.column}
            </code>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A sentence with what stands in backquotes as code. */
function Quoted({ text }: { text: string }) {
  return text.split("`").map((part, at) =>
    at % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence never change places
      <code key={at} className={styles.quoted}>
        {part}
      </code>
    ) : (
      part
    ),
  );
}
