/** A step as a card. */
import type { ComponentProps } from "react";
import { Card } from "@/flows/Card";
import { EffectMarks } from "@/flows/EffectMarks";
import { type FlowT, useFlowI18n } from "@/flows/i18n";
import type { Step } from "@/flows/outline";
import { type QuestionType, TYPES } from "@/flows/vocabulary";

export function nameOf(step: Step, t: FlowT): string {
  if (step.kind === "question") return step.text || step.id;
  if (step.kind === "do") return t("step.do");
  return step.id || t(`step.${step.kind}`);
}

export function StepCard({
  step,
  ...rest
}: { step: Step } & Omit<ComponentProps<typeof Card>, "title" | "condition" | "marks" | "children">) {
  const { t } = useFlowI18n();
  const marks =
    step.kind === "question" ? (
      <>
        <code>{step.id}</code>
        <span>{typeName(step.type, t)}</span>
        {step.options.length > 0 ? <span>{t("outline.options", { n: step.options.length })}</span> : null}
        {step.optional ? <span>{t("outline.optional")}</span> : null}
      </>
    ) : (
      <>
        {step.kind === "do" ? null : <span>{t(`step.${step.kind}`)}</span>}
        {step.as ? <code>{`${step.as}_…`}</code> : null}
      </>
    );
  const condition = step.condition ? t("outline.if", { if: step.condition }) : "";
  return (
    <Card {...rest} title={nameOf(step, t)} condition={condition} marks={marks}>
      {step.kind === "do" ? <EffectMarks effects={step.effects} /> : null}
    </Card>
  );
}

export function typeName(type: string, t: FlowT): string {
  return (TYPES as readonly string[]).includes(type) ? t(`type.${type as QuestionType}`) : type;
}
