/** The steps of a flow as cards: moved, added and edited here, in the same text as the YAML. */
import { Button, Menu } from "@mantine/core";
import { useRef, useState } from "react";
import { moveEntry, removeEntry } from "@/flows/blocks";
import { useDrag } from "@/flows/Card";
import type { Surroundings } from "@/flows/completion";
import { faultsByEntry } from "@/flows/faults";
import { useFlowI18n } from "@/flows/i18n";
import { Outcomes } from "@/flows/Outcomes";
import styles from "@/flows/Outline.module.css";
import type { Outline, Step } from "@/flows/outline";
import { addStep, freeId, type NewStep, startOptions } from "@/flows/outlineEdits";
import { nameOf, StepCard, typeName } from "@/flows/StepCard";
import { StepForm } from "@/flows/StepForm";
import type { Problem } from "@/flows/types";
import { TYPES } from "@/flows/vocabulary";
import { applied, type Change } from "@/flows/yamlText";
import { IconArrowBackUp, IconPlus } from "@/ui/icons";

interface Props {
  text: string;
  outline: Outline;
  problems: Problem[];
  current: number | null;
  /** What else the project has: flows, teams, stages, webhooks. */
  around: Surroundings;
  onText: (text: string) => void;
  /** A question's id, or what stands before the names of another flow's questions. */
  onRename: (index: number, id: string) => void;
  onRenameOutcome: (index: number, name: string) => void;
  onGoTo: (at: number) => void;
}

interface Undo {
  text: string;
  removed: string;
  name: string;
}

export function OutlineView(props: Props) {
  const { text, outline, problems, current, around, onText, onRename, onRenameOutcome, onGoTo } = props;
  const { t } = useFlowI18n();
  const [opened, setOpened] = useState<number | null>(null);
  const [undo, setUndo] = useState<Undo | null>(null);
  const [said, setSaid] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const drag = useDrag((from, to) => move(from, to));
  const change = (changes: Change[]) => {
    if (changes.length > 0) onText(applied(text, changes));
  };
  const move = (from: number, to: number) => {
    const step = outline.steps[from];
    if (!step || to < 0 || to >= outline.steps.length || to === from) return;
    change(moveEntry(text, "ask", from, to));
    if (opened !== null) setOpened(null);
    moved(nameOf(step, t), to + 1, outline.steps.length);
    requestAnimationFrame(() => list.current?.querySelectorAll<HTMLElement>("[data-entry]")[to]?.focus());
  };
  const remove = (index: number) => {
    const step = outline.steps[index];
    if (!step) return;
    setOpened(null);
    removed(applied(text, removeEntry(text, "ask", index)), nameOf(step, t));
  };
  const removed = (next: string, name: string) => {
    setUndo({ text, removed: next, name });
    onText(next);
  };
  const moved = (name: string, place: number, n: number) => setSaid(t("outline.moved", { name, place, n }));
  const add = (step: NewStep) => {
    const after = outline.steps.length - 1;
    change(addStep(text, after, step));
    setOpened(after + 1);
  };
  const faults = faultsByEntry(text, outline, problems);
  const readable = useRef<Step[]>([]);
  if (outline.editable) readable.current = outline.steps;
  if (!outline.editable) {
    return (
      <>
        <div className={styles.broken} role="status">
          <b>{t("outline.broken")}</b>
          <span>{t("outline.broken_hint")}</span>
        </div>
        <Stale steps={readable.current} />
      </>
    );
  }
  return (
    <div className={styles.outline}>
      <ol ref={list} className={styles.steps} aria-label={t("outline.title")}>
        {outline.steps.map((step, index) => (
          <li
            key={`${step.kind}-${step.id}`}
            className={styles.item}
            data-kind={step.kind}
            data-over={drag.over === index || undefined}
            {...drag.target(index)}
          >
            <StepCard
              step={step}
              index={index}
              opened={opened === index}
              current={current === index}
              faults={faults.steps[index]?.count ?? 0}
              broken={faults.steps[index]?.broken ?? false}
              handle={drag.handle(index)}
              onToggle={() => {
                setOpened(opened === index ? null : index);
                onGoTo(step.at);
              }}
              onMove={(to) => move(index, to)}
              onRemove={() => remove(index)}
            />
            {opened === index ? (
              <StepForm
                key={step.at}
                text={text}
                step={step}
                index={index}
                steps={outline.steps}
                outcomes={outline.outcomes.map((outcome) => outcome.name)}
                around={around}
                onText={onText}
                onRename={(id) => onRename(index, id)}
                onRemove={() => remove(index)}
                onMove={(to) => move(index, to)}
              />
            ) : null}
          </li>
        ))}
      </ol>
      {outline.steps.length === 0 ? <p className={styles.none}>{t("outline.none")}</p> : null}
      <AddMenu steps={outline.steps} flows={around.flows} onAdd={add} />
      <Outcomes
        text={text}
        outline={outline}
        faults={faults.outcomes}
        around={around}
        onText={onText}
        onRename={onRenameOutcome}
        onRemoved={removed}
        onMoved={moved}
        onGoTo={onGoTo}
      />
      {undo && undo.removed === text ? (
        <p className={styles.undo} role="status">
          <span>{t("outline.removed", { name: undo.name })}</span>
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconArrowBackUp size={14} />}
            onClick={() => {
              onText(undo.text);
              setUndo(null);
            }}
          >
            {t("outline.undo")}
          </Button>
        </p>
      ) : null}
      <span className="only-heard" aria-live="polite">
        {said}
      </span>
    </div>
  );
}

/** The cards as they were while the text could be read: to look at, not to use. */
function Stale({ steps }: { steps: Step[] }) {
  const { t } = useFlowI18n();
  return (
    <div className={styles.stale} aria-hidden>
      {steps.map((step) => (
        <p key={`${step.kind}-${step.id}`}>{nameOf(step, t)}</p>
      ))}
    </div>
  );
}

interface AddProps {
  steps: Step[];
  flows: string[];
  onAdd: (step: NewStep) => void;
}

function AddMenu({ steps, flows, onAdd }: AddProps) {
  const { t } = useFlowI18n();
  const question = (type: string) =>
    onAdd({
      kind: "question",
      id: freeId(steps, type === "text" ? "answer" : type),
      type,
      text: t("outline.new_text"),
      options: startOptions(type, [t("outline.option_1"), t("outline.option_2")]),
    });
  const other = (kind: Step["kind"], id: string) => onAdd({ kind, id, type: "", text: "" });
  const unused = flows.find((flow) => !steps.some((step) => step.kind === "use" && step.id === flow)) ?? flows[0];
  return (
    <Menu position="bottom-start" width={260}>
      <Menu.Target>
        <Button variant="default" size="sm" leftSection={<IconPlus size={16} />} className={styles.add ?? ""}>
          {t("outline.add")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={styles.addMenu ?? ""}>
        <Menu.Label>{t("outline.questions")}</Menu.Label>
        {TYPES.map((type) => (
          <Menu.Item key={type} onClick={() => question(type)}>
            {typeName(type, t)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => other("part", t("outline.new_part"))}>{t("step.part")}</Menu.Item>
        <Menu.Item onClick={() => other("say", t("outline.new_say"))}>{t("step.say")}</Menu.Item>
        <Menu.Item onClick={() => onAdd({ kind: "do", id: "", type: "", text: "", effects: { tag: "new" } })}>
          {t("step.do")}
        </Menu.Item>
        {unused ? <Menu.Item onClick={() => other("use", unused)}>{t("step.use")}</Menu.Item> : null}
      </Menu.Dropdown>
    </Menu>
  );
}
