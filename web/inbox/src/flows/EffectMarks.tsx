/** What a step or an outcome causes, in a line. */
import type { Effects } from "@/flows/effects";
import { type FlowT, useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Outline.module.css";

export function EffectMarks({ effects }: { effects: Effects }) {
  const { t } = useFlowI18n();
  const caused = causedBy(effects, t);
  if (caused.length === 0) return null;
  return (
    <span className={styles.caused}>
      {caused.map((one) => (
        <span key={one}>{one}</span>
      ))}
    </span>
  );
}

function causedBy(effects: Effects, t: FlowT): string[] {
  const { stage, tag, priority, escalate, team, call_back, start, after, webhook, erase, opt_out } = effects;
  const words = [
    stage && t("caused.stage", { stage }),
    tag && t("caused.tag", { tag }),
    priority && t("caused.priority", { priority }),
    escalate && (team ? t("caused.team", { team }) : t("caused.escalate")),
    call_back && t("caused.call_back"),
    start && (after ? t("caused.start_after", { flow: start, after }) : t("caused.start", { flow: start })),
    webhook && t("caused.webhook", { webhook }),
    erase && t("caused.erase"),
    opt_out && t("caused.opt_out"),
  ];
  return words.flatMap((word) => word || []);
}
