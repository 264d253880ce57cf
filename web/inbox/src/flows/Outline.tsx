/** The steps of a flow as cards: moved, added and edited here, in the same text as the YAML. */
import { Button, Menu } from "@mantine/core";
import { type DragEvent, type KeyboardEvent, useRef, useState } from "react";
import { type FlowT, useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Outline.module.css";
import type { Outline, Step } from "@/flows/outline";
import { addStep, applied, type Change, freeId, moveStep, removeStep, startOptions } from "@/flows/outlineEdits";
import { placeOf } from "@/flows/problems";
import { StepForm } from "@/flows/StepForm";
import type { Problem } from "@/flows/types";
import { type QuestionType, type StepWord, TYPES } from "@/flows/vocabulary";
import { IconArrowBackUp, IconChevronRight, IconGripVertical, IconPlus } from "@/ui/icons";
import { Badge } from "@/ui/parts";

interface Props {
  text: string;
  outline: Outline;
  problems: Problem[];
  current: number | null;
  onText: (text: string) => void;
  onRename: (index: number, id: string) => void;
  onGoTo: (at: number) => void;
}

interface Undo {
  text: string;
  removed: string;
  name: string;
}

export function OutlineView(props: Props) {
  const { text, outline, problems, current, onText, onRename, onGoTo } = props;
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
    change(moveStep(text, from, to));
    if (opened !== null) setOpened(null);
    setSaid(t("outline.moved", { name: nameOf(step, t), place: to + 1, n: outline.steps.length }));
    requestAnimationFrame(() => list.current?.querySelectorAll<HTMLElement>("[data-step]")[to]?.focus());
  };
  const remove = (index: number) => {
    const step = outline.steps[index];
    if (!step) return;
    const next = applied(text, removeStep(text, index));
    setUndo({ text, removed: next, name: nameOf(step, t) });
    setOpened(null);
    onText(next);
  };
  const add = (kind: Step["kind"], type: string, after: number) => {
    const words = { part: t("outline.new_part"), say: t("outline.new_say") };
    const id = kind === "question" ? freeId(outline.steps, type === "text" ? "answer" : type) : words[kind as "part"];
    const options = startOptions(type, [t("outline.option_1"), t("outline.option_2")]);
    change(addStep(text, after, { kind, id, type, text: kind === "question" ? t("outline.new_text") : "", options }));
    setOpened(after + 1);
  };
  const faults = faultsByStep(text, outline, problems);
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
            <Card
              step={step}
              index={index}
              count={outline.steps.length}
              opened={opened === index}
              current={current === index}
              faults={faults[index] ?? 0}
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
      <AddMenu onAdd={(kind, type) => add(kind, type, outline.steps.length - 1)} />
      <Ends outline={outline} onGoTo={onGoTo} />
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

export function nameOf(step: Step, t: FlowT): string {
  if (step.kind === "question") return step.text || step.id;
  return step.id || t(`step.${step.kind}`);
}

function faultsByStep(text: string, outline: Outline, problems: Problem[]): number[] {
  const found: number[] = outline.steps.map(() => 0);
  for (const problem of problems) {
    const { from } = placeOf(text, problem);
    const index = outline.steps.findLastIndex((step) => step.at <= from);
    const end = outline.outcomes[0]?.at ?? Number.POSITIVE_INFINITY;
    if (index !== -1 && from < Math.max(end, outline.steps[index]?.at ?? 0)) found[index] = (found[index] ?? 0) + 1;
  }
  return found;
}

/** Dragging by the grip, with the mouse; keys and the form do the same. */
function useDrag(onMove: (from: number, to: number) => void) {
  const [from, setFrom] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const end = () => {
    setFrom(null);
    setOver(null);
  };
  return {
    over: from !== null && over !== from ? over : null,
    handle: (index: number) => ({
      draggable: true,
      onDragStart: (event: DragEvent) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", String(index));
        setFrom(index);
      },
      onDragEnd: end,
    }),
    target: (index: number) => ({
      onDragOver: (event: DragEvent) => {
        if (from === null) return;
        event.preventDefault();
        setOver(index);
      },
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        if (from !== null) onMove(from, index);
        end();
      },
    }),
  };
}

interface CardProps {
  step: Step;
  index: number;
  count: number;
  opened: boolean;
  current: boolean;
  faults: number;
  handle: ReturnType<ReturnType<typeof useDrag>["handle"]>;
  onToggle: () => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

function Card({ step, index, opened, current, faults, handle, onToggle, onMove, onRemove }: CardProps) {
  const { t } = useFlowI18n();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey && event.key === "ArrowUp") onMove(index - 1);
    else if (event.altKey && event.key === "ArrowDown") onMove(index + 1);
    else if (event.key === "Delete") onRemove();
    else return;
    event.preventDefault();
  };
  const question = step.kind === "question";
  return (
    <div className={styles.card} data-opened={opened || undefined} data-current={current || undefined}>
      <span className={styles.grip} aria-hidden title={t("outline.drag")} {...handle}>
        <IconGripVertical size={16} />
      </span>
      <button
        type="button"
        className={styles.open}
        data-step={index}
        aria-expanded={opened}
        aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown Delete"
        onClick={onToggle}
        onKeyDown={onKeyDown}
      >
        <span className={styles.words}>{nameOf(step, t)}</span>
        <span className={styles.marks}>
          {question ? (
            <>
              <code>{step.id}</code>
              <span>{typeName(step.type, t)}</span>
              {step.options.length > 0 ? <span>{t("outline.options", { n: step.options.length })}</span> : null}
              {step.optional ? <span>{t("outline.optional")}</span> : null}
            </>
          ) : (
            <span>{t(`step.${step.kind as StepWord}`)}</span>
          )}
          {faults ? <Badge tone="danger">{t("outline.faults", { n: faults })}</Badge> : null}
        </span>
        {step.condition ? <code className={styles.condition}>{t("outline.if", { if: step.condition })}</code> : null}
      </button>
      <IconChevronRight size={16} className={styles.chevron} aria-hidden />
    </div>
  );
}

export function typeName(type: string, t: FlowT): string {
  return (TYPES as readonly string[]).includes(type) ? t(`type.${type as QuestionType}`) : type;
}

function AddMenu({ onAdd }: { onAdd: (kind: Step["kind"], type: string) => void }) {
  const { t } = useFlowI18n();
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
          <Menu.Item key={type} onClick={() => onAdd("question", type)}>
            {typeName(type, t)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => onAdd("part", "")}>{t("step.part")}</Menu.Item>
        <Menu.Item onClick={() => onAdd("say", "")}>{t("step.say")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** How it ends: the score and the outcomes, to look at; a click shows them in the text. */
function Ends({ outline, onGoTo }: { outline: Outline; onGoTo: (at: number) => void }) {
  const { t } = useFlowI18n();
  return (
    <div className={styles.ends}>
      <h3>{t("outline.outcomes")}</h3>
      {outline.outcomes.length === 0 ? <p className={styles.none}>{t("outline.no_outcomes")}</p> : null}
      <ul>
        {outline.outcomes.map((outcome) => (
          <li key={outcome.name}>
            <button type="button" onClick={() => onGoTo(outcome.at)}>
              <b>{outcome.name}</b>
              <code>{outcome.condition === "else" ? t("outline.else") : outcome.condition}</code>
              {outcome.say ? <span>{outcome.say}</span> : null}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
