/** How a flow does: who began, where they stop, how it ends. */
import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api } from "@/api/calls";
import { flowApi, flowKeys, type Period } from "@/flows/calls";
import page from "@/flows/FlowPage.module.css";
import { durationIn, useFlowI18n } from "@/flows/i18n";
import type { Outline } from "@/flows/outline";
import styles from "@/flows/Results.module.css";
import { StuckSessions } from "@/flows/StuckSessions";
import type { Statistics } from "@/flows/types";
import { keys } from "@/live/queries";
import { IconChartBar } from "@/ui/icons";
import { Card, Loaded } from "@/ui/PageFrame";
import { Empty } from "@/ui/parts";

const DAYS = [7, 30, 90, 365] as const;
const DAY_MS = 86_400_000;

export function Results({ flow, outline }: { flow: string; outline: Outline }) {
  const { t } = useFlowI18n();
  const [days, setDays] = useState<number>(30);
  const [channel, setChannel] = useState("");
  const channels = useQuery({ queryKey: keys.channels, queryFn: api.channels, staleTime: 60_000 });
  const period = useMemo<Period>(
    () => ({ since: new Date(Date.now() - days * DAY_MS).toISOString(), channel: channel || null }),
    [days, channel],
  );
  const statistics = useQuery({
    queryKey: flowKeys.statistics(flow, period),
    queryFn: () => flowApi.statistics(flow, period),
  });
  return (
    <div className={page.scroll}>
      <div className={page.inner}>
        <div className={styles.filters}>
          <NativeSelect
            label={t("results.period")}
            value={String(days)}
            onChange={(event) => setDays(Number(event.currentTarget.value))}
            data={DAYS.map((value) => ({ value: String(value), label: t("results.days", { n: value }) }))}
          />
          <NativeSelect
            label={t("results.channel")}
            value={channel}
            onChange={(event) => setChannel(event.currentTarget.value)}
            data={[
              { value: "", label: t("results.all_channels") },
              ...(channels.data?.items ?? []).map((item) => ({ value: item.id, label: item.name })),
            ]}
          />
        </div>
        <StuckSessions flow={flow} outline={outline} />
        <Loaded query={statistics}>
          {(found) =>
            found.started === 0 ? (
              <Card>
                <Empty icon={IconChartBar} title={t("results.none")}>
                  {t("results.none_hint")}
                </Empty>
              </Card>
            ) : (
              <Figures found={found} outline={outline} />
            )
          }
        </Loaded>
      </div>
    </div>
  );
}

export function percent(part: number, whole: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(whole ? part / whole : 0);
}

function Figures({ found, outline }: { found: Statistics; outline: Outline }) {
  const { t, locale } = useFlowI18n();
  const number = new Intl.NumberFormat(locale);
  return (
    <>
      <dl className={styles.tiles}>
        <Tile name={t("results.started")}>{number.format(found.started)}</Tile>
        <Tile name={t("results.finished")} more={percent(found.finished, found.started, locale)}>
          {number.format(found.finished)}
        </Tile>
        <Tile name={t("results.median")}>{found.median_s === null ? "—" : durationIn(locale, found.median_s)}</Tile>
        <Tile name={t("results.live")}>{number.format(found.live)}</Tile>
      </dl>
      <Card title={t("results.funnel")} lead={t("results.funnel_lead")}>
        <Funnel found={found} outline={outline} />
      </Card>
      <Card title={t("results.outcomes")}>
        {found.outcomes.length === 0 ? (
          <p className={styles.quiet}>{t("results.no_outcomes")}</p>
        ) : (
          <table className={styles.table}>
            <thead className="only-heard">
              <tr>
                <th scope="col">{t("results.outcome")}</th>
                <th scope="col">{t("results.share")}</th>
                <th scope="col">{t("results.count")}</th>
              </tr>
            </thead>
            <tbody>
              {found.outcomes.map((one) => (
                <tr key={one.outcome}>
                  <th scope="row">
                    <code>{one.outcome}</code>
                  </th>
                  <td className={styles.barCell}>
                    <Bar share={one.count / Math.max(1, found.finished)} />
                  </td>
                  <td className={styles.figure}>
                    {number.format(one.count)} <span>{percent(one.count, found.finished, locale)}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Card>
    </>
  );
}

function Tile({ name, more, children }: { name: string; more?: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {more ? <span>{more}</span> : null}
      </dd>
    </div>
  );
}

/** Asked and answered per question, as bars over the same scale; the table itself is what a screen reader reads. */
function Funnel({ found, outline }: { found: Statistics; outline: Outline }) {
  const { t, locale } = useFlowI18n();
  const number = new Intl.NumberFormat(locale);
  const texts = new Map(outline.steps.map((step) => [step.id, step.text]));
  const worst = Math.max(0, ...found.questions.map((one) => one.dropped));
  return (
    <table className={styles.table} data-funnel>
      <thead>
        <tr>
          <th scope="col">{t("results.question")}</th>
          <th scope="col" className={styles.barCell}>
            <span className="only-heard">{t("results.share")}</span>
          </th>
          <th scope="col" className={styles.figure}>
            {t("results.asked")}
          </th>
          <th scope="col" className={styles.figure}>
            {t("results.answered")}
          </th>
          <th scope="col" className={styles.figure}>
            {t("results.dropped")}
          </th>
        </tr>
      </thead>
      <tbody>
        {found.questions.map((one) => (
          <tr key={one.question}>
            <th scope="row">
              <span title={texts.get(one.question)}>{texts.get(one.question) || one.question}</span>
              <code>{one.question}</code>
            </th>
            <td className={styles.barCell}>
              <Bar share={one.answered / found.started} behind={one.asked / found.started} />
            </td>
            <td className={styles.figure}>{number.format(one.asked)}</td>
            <td className={styles.figure}>
              {number.format(one.answered)} <span>{percent(one.answered, one.asked, locale)}</span>
              {one.skipped > 0 ? <small>{t("results.skipped", { count: number.format(one.skipped) })}</small> : null}
            </td>
            <td className={styles.figure} data-worst={(worst > 0 && one.dropped === worst) || undefined}>
              {number.format(one.dropped)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A bar of a table's row: `share` in front of `behind`. The figures beside it say the same. */
function Bar({ share, behind }: { share: number; behind?: number }) {
  const width = (value: number) => `${Math.round(Math.min(1, value) * 1000) / 10}%`;
  return (
    <svg className={styles.bar} aria-hidden="true" width="100%" height="14">
      <rect className={styles.track} width="100%" height="14" rx="4" />
      {behind === undefined ? null : <rect className={styles.behind} width={width(behind)} height="14" rx="4" />}
      <rect className={styles.front} width={width(share)} height="14" rx="4" />
    </svg>
  );
}
