/** What a questionnaire found out, as the person who goes on reads it: score, outcome, and each answer. */
import type { AnswerCard } from "@/api/types";
import { useI18n } from "@/i18n";
import styles from "@/inbox/AnswersCard.module.css";
import { IconListDetails } from "@/ui/icons";
import { Badge } from "@/ui/parts";

export function AnswersCard({ card }: { card: AnswerCard }) {
  const { t } = useI18n();
  return (
    <section className={styles.card} aria-label={t("flow.card", { title: card.title })}>
      <header className={styles.head}>
        <IconListDetails size={16} stroke={1.75} aria-hidden />
        <b>{card.title}</b>
        {card.outcome ? <Badge tone="accent">{card.outcome}</Badge> : null}
        {card.score ? <Badge>{t("flow.points", { n: card.score })}</Badge> : null}
      </header>
      {card.lines.length > 0 ? (
        <dl className={styles.answers}>
          {card.lines.map((line) => (
            <div key={line.question}>
              <dt>{line.label}</dt>
              <dd>{line.value}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <p className={styles.none}>{t("flow.no_answers")}</p>
      )}
    </section>
  );
}
