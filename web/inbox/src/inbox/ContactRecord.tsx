/** What is on record of a contact: the way through the sales funnel, and what they agreed to in which words. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "@/api/calls";
import type { Consent, ConversationDetail } from "@/api/types";
import { useI18n } from "@/i18n";
import styles from "@/inbox/ContactRecord.module.css";
import { keys } from "@/live/queries";
import { Badge } from "@/ui/parts";

/** The stage, and how the contact came there; opened for the stages before it. */
export function Stages({ detail }: { detail: ConversationDetail }) {
  const { t, format } = useI18n();
  const { stage, stage_at } = detail.contact_detail;
  const query = useQuery({
    queryKey: keys.stages(detail.contact, stage_at),
    queryFn: ({ signal }) => api.contactStages(detail.contact, signal),
    enabled: stage !== null,
    placeholderData: (before) => before,
  });
  if (stage === null) return <p className={styles.quiet}>{t("stage.none")}</p>;
  const moves = query.data?.items ?? [];
  return (
    <details className={styles.record}>
      <summary>
        <Badge tone="accent">{stage}</Badge>
        {stage_at ? <span className={styles.fine}>{t("stage.since", { when: format.full(stage_at) })}</span> : null}
      </summary>
      <ol className={styles.list}>
        {moves.map((move) => (
          <li key={move.id}>
            <b>{move.stage}</b>
            <span className={styles.fine}>
              {format.full(move.at)}
              {move.flow ? ` · ${t("stage.by_flow", { flow: move.flow })}` : null}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** The newest answer to each question of consent first; opened, the words that were shown. */
export function Consents({ detail }: { detail: ConversationDetail }) {
  const { t } = useI18n();
  const query = useQuery({
    queryKey: keys.consents(detail.contact, detail.revision),
    queryFn: ({ signal }) => api.contactConsents(detail.contact, signal),
    placeholderData: (before) => before,
  });
  const channels = useQuery({ queryKey: keys.channels, queryFn: api.channels, staleTime: 60_000 });
  const consents = query.data?.items ?? [];
  if (consents.length === 0) return <p className={styles.quiet}>{t(query.isPending ? "loading" : "consent.none")}</p>;
  return (
    <ul className={styles.list}>
      {consents.map((consent) => (
        <li key={consent.id}>
          <ConsentRow
            consent={consent}
            channel={channels.data?.items.find((channel) => channel.id === consent.channel)?.name ?? null}
          />
        </li>
      ))}
    </ul>
  );
}

function ConsentRow({ consent, channel }: { consent: Consent; channel: string | null }) {
  const { t, format } = useI18n();
  const { topic, given, text, text_hash, version, at } = consent;
  const [flow] = topic.split(".");
  return (
    <details className={styles.record}>
      <summary>
        <Badge tone={given ? "good" : "danger"}>{t(given ? "consent.given" : "consent.refused")}</Badge>
        <span className={styles.fine}>{format.full(at)}</span>
      </summary>
      {topic === "messages" ? <p>{t("consent.messages")}</p> : null}
      {text ? <blockquote className={styles.words}>{text}</blockquote> : null}
      <dl className={styles.facts}>
        {channel ? <Fact name={t("fact.channel")}>{channel}</Fact> : null}
        {version ? <Fact name={t("consent.version")}>{`${flow} ${version}`}</Fact> : null}
        {text_hash ? (
          <Fact name={t("consent.hash")}>
            <code>{text_hash}</code>
          </Fact>
        ) : null}
      </dl>
    </details>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
