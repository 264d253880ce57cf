/** Sessions of a flow that will not come to their end by themselves: why, and what may be done with each. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "@/api/calls";
import { useMay } from "@/app/session";
import { flowKeys, stuckOptions } from "@/flows/calls";
import { useFlowI18n } from "@/flows/i18n";
import type { Outline } from "@/flows/outline";
import styles from "@/flows/Results.module.css";
import type { StuckSession } from "@/flows/types";
import { useI18n } from "@/i18n";
import { inOneLine, saidOf } from "@/i18n/reasons";
import { IconMessageCircle, IconPlayerStop, IconRotateClockwise } from "@/ui/icons";
import { Card } from "@/ui/PageFrame";
import { Badge } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

export function StuckSessions({ flow, outline }: { flow: string; outline: Outline }) {
  const { t } = useFlowI18n();
  const stuck = useQuery(stuckOptions()).data?.items.filter((one) => one.flow === flow) ?? [];
  if (stuck.length === 0) return null;
  return (
    <Card title={t("stuck.title", { n: stuck.length })} lead={t("stuck.lead")}>
      <ul className={styles.stuck}>
        {stuck.map((one) => (
          <StuckRow key={one.session} session={one} outline={outline} />
        ))}
      </ul>
    </Card>
  );
}

function StuckRow({ session, outline }: { session: StuckSession; outline: Outline }) {
  const { t, format } = useFlowI18n();
  const { locale } = useI18n();
  const mayReply = useMay("reply");
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const { conversation, contact_name, why, reason, question, since } = session;
  const act = (work: () => Promise<unknown>, done: string) =>
    run(async () => {
      await work();
      await client.invalidateQueries({ queryKey: flowKeys.stuck });
    }, done);
  const text = outline.steps.find((step) => step.id === question)?.text ?? question;
  return (
    <li>
      <span className={styles.stuckWho}>
        <b>{contact_name ?? t("stuck.nameless")}</b>
        <Badge tone={why === "too_long" ? "warn" : "danger"}>{t(`stuck.${why}`)}</Badge>
        <span>{t("stuck.since", { when: format.brief(since) })}</span>
      </span>
      {text ? <span className={styles.stuckQuestion}>{t("stuck.question", { text })}</span> : null}
      {reason ? <span className={styles.stuckReason}>{inOneLine(saidOf(null, reason, locale))}</span> : null}
      <span className={styles.stuckActions}>
        <Button
          component={Link}
          to={`/inbox/all/${conversation}`}
          size="compact-sm"
          variant="default"
          leftSection={<IconMessageCircle size={14} />}
        >
          {t("stuck.open")}
        </Button>
        {mayReply ? (
          <>
            <Button
              size="compact-sm"
              variant="default"
              disabled={busy}
              leftSection={<IconRotateClockwise size={14} />}
              onClick={() =>
                void act(() => api.act(conversation, { action: "hand_back", to: "bot", again: true }), t("stuck.asked"))
              }
            >
              {t("stuck.again")}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              disabled={busy}
              leftSection={<IconPlayerStop size={14} />}
              onClick={() => void act(() => api.flow(conversation, { action: "stop" }), t("stuck.closed"))}
            >
              {t("stuck.close")}
            </Button>
          </>
        ) : null}
      </span>
    </li>
  );
}
