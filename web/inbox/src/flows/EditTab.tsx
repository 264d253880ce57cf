/** The draft as a list of questions and as YAML, side by side; the preview at their side where there is room. */
import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, type RefObject, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useMedia } from "@/app/media";
import { flowApi, flowKeys, listOptions } from "@/flows/calls";
import type { EditorHandle } from "@/flows/editor/YamlEditor";
import styles from "@/flows/FlowPage.module.css";
import { useFlowI18n } from "@/flows/i18n";
import { OutlineView } from "@/flows/Outline";
import type { Outline } from "@/flows/outline";
import { Preview } from "@/flows/Preview";
import { ProblemList } from "@/flows/ProblemList";
import { placeOf } from "@/flows/problems";
import { readStored, store } from "@/flows/remembered";
import {
  only,
  prefixRenamed,
  type Renamed,
  renameKeys,
  renameOutcome,
  renamePrefix,
  renameStep,
} from "@/flows/renaming";
import type { Problem } from "@/flows/types";
import type { Check } from "@/flows/useCheck";
import type { Drafting } from "@/flows/useDraft";
import { applied, type Change } from "@/flows/yamlText";

const YamlEditor = lazy(() => import("@/flows/editor/YamlEditor"));

/** Enough for the outline and the editor; enough for the preview as well. */
const TWO = "(min-width: 900px)";
const THREE = "(min-width: 1360px)";

interface Props {
  drafting: Drafting;
  flow: string;
  outline: Outline;
  check: Check;
  shared: boolean;
  target: RefObject<number | null>;
  jump: number;
  onProblem: (problem: Problem) => void;
}

export function EditTab({ drafting, flow, outline, check, shared, target, jump, onProblem }: Props) {
  const { t, locale } = useFlowI18n();
  const { state, own, edit, replace } = drafting;
  const text = state.files[own] ?? "";
  const two = useMedia(TWO);
  const three = useMedia(THREE);
  const [view, setView] = useState<"outline" | "text">(shared ? "text" : "outline");
  const [preview, setPreview] = useState(() => readStored("preview") !== "off");
  const [cursor, setCursor] = useState(0);
  const editor = useRef<EditorHandle>(null);
  const flows = useQuery(listOptions());
  const names = useQuery({ queryKey: flowKeys.names, queryFn: flowApi.names, staleTime: 60_000 }).data;
  const around = useMemo(
    () => ({
      flows: (flows.data?.items ?? []).map((item) => item.flow).filter((name) => name !== flow),
      teams: names?.teams ?? [],
      stages: [...new Set([...(names?.stages ?? []), ...stagesIn(text)])],
      webhooks: names?.webhooks ?? [],
    }),
    [flows.data, names, flow, text],
  );
  const mine = useMemo(() => check.problems.filter((problem) => problem.file === own), [check.problems, own]);

  const [wanted, setWanted] = useState<number | null>(null);
  const goTo = (at: number) => {
    if (two) editor.current?.goTo(at);
    setCursor(at);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a jump is an event, told by its number
  useEffect(() => {
    if (target.current === null) return;
    const line = target.current;
    target.current = null;
    setView("text");
    setWanted(placeOf(text, { line, column: 1 }).from);
  }, [jump]);
  useEffect(() => {
    if (wanted === null) return;
    // The editor may still be loading.
    const timer = setInterval(() => {
      if (!editor.current) return;
      editor.current.goTo(wanted);
      setWanted(null);
    }, 50);
    return () => clearInterval(timer);
  }, [wanted]);

  /** The flow's own file changes, and the keys of its translations follow. */
  const rename = (changes: Change[], renamed: Renamed) =>
    replace(
      Object.fromEntries(
        Object.entries(state.files).map(([name, file]) => [
          name,
          applied(file, name === own ? changes : renameKeys(file, renamed)),
        ]),
      ),
    );
  const renameEntry = (index: number, id: string) => {
    const step = outline.steps[index];
    if (step?.kind === "use") rename(renamePrefix(text, index, id), prefixRenamed(text, index, id));
    else if (step) rename(renameStep(text, index, id), only(step.id, id));
  };
  const renameEnd = (index: number, name: string) => {
    const outcome = outline.outcomes[index];
    if (outcome) rename(renameOutcome(text, index, name), only(outcome.name, name));
  };
  // Behind the last question come score and outcomes: no card is meant there.
  const end = /^(?:score|outcomes):/m.exec(text)?.index ?? text.length;
  const current = cursor < end ? outline.steps.findLastIndex((step) => step.at <= cursor) : -1;
  const showOutline = !shared && (two || view === "outline");
  const showText = two || view === "text" || shared;
  return (
    <>
      {two || shared ? null : (
        <SegmentedControl
          className={styles.switch ?? ""}
          aria-label={t("edit.view")}
          value={view}
          onChange={(value) => setView(value as typeof view)}
          data={[
            { value: "outline", label: t("edit.outline") },
            { value: "text", label: t("edit.text") },
          ]}
        />
      )}
      <div className={styles.panes} data-preview={(three && preview && !shared) || undefined}>
        {showOutline ? (
          <section className={styles.outline} aria-label={t("edit.outline")}>
            <OutlineView
              text={text}
              outline={outline}
              problems={mine}
              current={two && current >= 0 ? current : null}
              onText={(next) => edit(own, next)}
              around={around}
              onRename={renameEntry}
              onRenameOutcome={renameEnd}
              onGoTo={goTo}
            />
          </section>
        ) : null}
        {showText ? (
          <section className={styles.text} aria-label={t("edit.text")}>
            {three && !shared ? (
              <div className={styles.textHead}>
                <code>{own}</code>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-pressed={preview}
                  onClick={() => {
                    setPreview(!preview);
                    store("preview", preview ? "off" : "on");
                  }}
                >
                  {t(preview ? "edit.hide_preview" : "edit.show_preview")}
                </Button>
              </div>
            ) : null}
            <div className={styles.editor}>
              <Suspense fallback={<p className={styles.wait}>{t("loading")}</p>}>
                <YamlEditor
                  ref={editor}
                  label={t("edit.label", { file: own })}
                  value={text}
                  onChange={(next) => edit(own, next)}
                  onCursor={setCursor}
                  problems={mine}
                  fixLabel={(fix) => t("problems.fix", { word: fix })}
                  around={around}
                  locale={locale}
                />
              </Suspense>
            </div>
            <ProblemList problems={check.problems} own={own} onChoose={onProblem} />
          </section>
        ) : null}
        {three && preview && !shared ? (
          <section className={styles.preview} aria-label={t("tab.preview")}>
            <Preview flow={flow} files={state.files} own={own} langs={check.langs} wide={false} onProblem={onProblem} />
          </section>
        ) : null}
      </div>
    </>
  );
}

function stagesIn(text: string): string[] {
  return [...text.matchAll(/\bstage:\s*([\w-]+)/g)].map((match) => match[1] ?? "");
}
