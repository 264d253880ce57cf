/** How a flow ends: its outcomes as cards, moved, added and edited in the same text as the YAML. */
import { Button } from "@mantine/core";
import { useRef, useState } from "react";
import { moveEntry, removeEntry } from "@/flows/blocks";
import { Card, useDrag } from "@/flows/Card";
import type { Surroundings } from "@/flows/completion";
import { EffectMarks } from "@/flows/EffectMarks";
import { EffectsForm } from "@/flows/EffectsForm";
import { Field } from "@/flows/Field";
import { FormEnd } from "@/flows/FormEnd";
import type { Faults } from "@/flows/faults";
import { useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Outline.module.css";
import { addOutcome, changeOutcome, freeName, mayMove, type OutcomeChange } from "@/flows/outcomeEdits";
import type { Outcome, Outline } from "@/flows/outline";
import { isId } from "@/flows/vocabulary";
import { applied, type Change } from "@/flows/yamlText";
import { IconPlus } from "@/ui/icons";

interface Props {
  text: string;
  outline: Outline;
  /** Findings by outcome. */
  faults: Faults[];
  around: Surroundings;
  onText: (text: string) => void;
  onRename: (index: number, name: string) => void;
  onRemoved: (next: string, name: string) => void;
  onMoved: (name: string, place: number, n: number) => void;
  onGoTo: (at: number) => void;
}

export function Outcomes(props: Props) {
  const { text, outline, faults, around, onText, onRename, onRemoved, onMoved, onGoTo } = props;
  const { outcomes } = outline;
  const { t } = useFlowI18n();
  const [opened, setOpened] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const change = (changes: Change[]) => {
    if (changes.length > 0) onText(applied(text, changes));
  };
  const move = (from: number, to: number) => {
    if (from === to || !mayMove(outcomes, from, to)) return;
    change(moveEntry(text, "outcomes", from, to));
    setOpened(null);
    onMoved(outcomes[from]?.name ?? "", to + 1, outcomes.length);
    requestAnimationFrame(() => list.current?.querySelectorAll<HTMLElement>("[data-entry]")[to]?.focus());
  };
  const remove = (index: number) => {
    setOpened(null);
    onRemoved(applied(text, removeEntry(text, "outcomes", index)), outcomes[index]?.name ?? "");
  };
  const add = () => {
    const last = outcomes.length - 1;
    change(addOutcome(text, outline, freeName(outline, outcomes.length === 0 ? "done" : "outcome")));
    setOpened(outcomes[last]?.condition === "else" ? last : last + 1);
  };
  const drag = useDrag(move);
  return (
    <section className={styles.ends} aria-labelledby="flow-outcomes">
      <h3 id="flow-outcomes">{t("outline.outcomes")}</h3>
      {outcomes.length === 0 ? <p className={styles.none}>{t("outline.no_outcomes")}</p> : null}
      {outline.endsEditable ? null : <p className={styles.none}>{t("form.in_text")}</p>}
      <ol ref={list} className={styles.steps}>
        {outcomes.map((outcome, index) => (
          <li
            key={outcome.name}
            className={styles.item}
            data-over={drag.over === index || undefined}
            {...drag.target(index)}
          >
            <Card
              title={outcome.name}
              index={index}
              opened={opened === index}
              current={false}
              faults={faults[index]?.count ?? 0}
              broken={faults[index]?.broken ?? false}
              condition={outcome.condition === "else" ? "" : t("outline.if", { if: outcome.condition })}
              handle={drag.handle(index)}
              onToggle={() => {
                if (outline.endsEditable) setOpened(opened === index ? null : index);
                onGoTo(outcome.at);
              }}
              onMove={(to) => move(index, to)}
              onRemove={() => outline.endsEditable && remove(index)}
              marks={outcome.condition === "else" ? <span>{t("outline.else")}</span> : null}
            >
              {outcome.say ? <span className={styles.said}>{outcome.say}</span> : null}
              <EffectMarks effects={outcome.effects} />
            </Card>
            {opened === index && outline.endsEditable ? (
              <OutcomeForm
                key={outcome.at}
                text={text}
                outline={outline}
                index={index}
                around={around}
                onText={onText}
                onRename={(name) => onRename(index, name)}
                onRemove={() => remove(index)}
                onMove={(to) => move(index, to)}
              />
            ) : null}
          </li>
        ))}
      </ol>
      {outline.endsEditable ? (
        <Button
          variant="default"
          size="sm"
          leftSection={<IconPlus size={16} />}
          className={styles.add ?? ""}
          onClick={add}
        >
          {t("outline.add_outcome")}
        </Button>
      ) : null}
    </section>
  );
}

interface FormProps {
  text: string;
  outline: Outline;
  index: number;
  around: Surroundings;
  onText: (text: string) => void;
  onRename: (name: string) => void;
  onRemove: () => void;
  onMove: (to: number) => void;
}

function OutcomeForm(props: FormProps) {
  const { outline, index, around, onRename, onRemove, onMove } = props;
  const { t } = useFlowI18n();
  const latest = useRef(props);
  latest.current = props;
  const change = (fresh: OutcomeChange) => {
    const { text, index: at, onText } = latest.current;
    const changes = changeOutcome(text, at, fresh);
    if (changes.length > 0) onText(applied(text, changes));
  };
  const outcome = outline.outcomes[index] as Outcome;
  const taken = (name: string) =>
    outline.outcomes.some((one, at) => at !== index && one.name === name) ||
    outline.steps.some((step) => step.id === name);
  return (
    <div className={styles.form}>
      <Field
        label={t("outcome.name")}
        value={outcome.name}
        code
        fault={(name) => (isId(name) ? (taken(name) ? t("form.id_taken") : null) : t("form.id_bad"))}
        onChange={onRename}
        late
      />
      <Field
        label={t("outcome.if")}
        description={t("outcome.if_hint")}
        placeholder="score >= 10"
        value={outcome.condition}
        code
        fault={(condition) => (condition.trim() ? null : t("outcome.if_hint"))}
        onChange={(condition) => change({ condition })}
      />
      <Field label={t("outcome.say")} value={outcome.say} onChange={(say) => change({ say })} long />
      <EffectsForm effects={outcome.effects} around={around} onChange={(effects) => change({ effects })} />
      <FormEnd
        up={mayMove(outline.outcomes, index, index - 1) ? () => onMove(index - 1) : null}
        down={mayMove(outline.outcomes, index, index + 1) ? () => onMove(index + 1) : null}
        onRemove={onRemove}
      />
    </div>
  );
}
