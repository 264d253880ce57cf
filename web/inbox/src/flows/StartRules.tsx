/** When the flow begins, channel by channel. */
import { Button, NativeSelect, TagsInput, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { parseDocument } from "yaml";
import { api } from "@/api/calls";
import type { Channel } from "@/api/types";
import { flowApi } from "@/flows/calls";
import page from "@/flows/FlowPage.module.css";
import { type FlowT, useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/StartRules.module.css";
import type { StartRule } from "@/flows/types";
import { keys } from "@/live/queries";
import { IconPlug, IconPlus, IconTrash } from "@/ui/icons";
import { Card, Loaded } from "@/ui/PageFrame";
import { Badge, ChannelIcon, Empty } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

const FORMS = "forms";

export const WAYS: StartRule["on"][] = ["first_message", "words", "start", "button", "resolved"];

/** What the flow's own text says about its beginning. */
function startOf(text: string): { words: string[]; form: string | null } {
  const start = parseDocument(text, { version: "1.2" }).toJS()?.start as
    | { words?: unknown; form?: unknown }
    | undefined;
  const words = Array.isArray(start?.words) ? start.words.map(String) : [];
  return { words, form: typeof start?.form === "string" ? start.form : null };
}

export function StartRules({ flow, text }: { flow: string; text: string }) {
  const { t } = useFlowI18n();
  const channels = useQuery({ queryKey: keys.channels, queryFn: api.channels });
  const start = useMemo(() => {
    try {
      return startOf(text);
    } catch {
      return { words: [], form: null };
    }
  }, [text]);
  return (
    <div className={page.scroll}>
      <div className={page.inner}>
        <p className={styles.lead}>{t("start.lead")}</p>
        <Loaded query={channels}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon={IconPlug} title={t("start.no_channels")} />
            ) : (
              items
                .filter((channel) => channel.kind !== FORMS)
                .map((channel) => (
                  <ChannelRules
                    key={`${channel.id}-${channel.revision}`}
                    channel={channel}
                    flow={flow}
                    own={start.words}
                  />
                ))
            )
          }
        </Loaded>
        <Card title={t("start.form")} lead={t("start.form_hint")}>
          <FormAddress address={start.form} served={channels.data?.items.some((one) => one.kind === FORMS) ?? false} />
        </Card>
      </div>
    </div>
  );
}

/** Where the flow is a page, or what is still missing for that. */
function FormAddress({ address, served }: { address: string | null; served: boolean }) {
  const { t } = useFlowI18n();
  if (address === null) return <p className={styles.explain}>{t("start.form_none")}</p>;
  const link = `${window.location.origin}/f/${address}`;
  return (
    <p className={styles.form}>
      {served ? (
        <a href={link} target="_blank" rel="noreferrer">
          {link}
        </a>
      ) : (
        <>
          <code>/f/{address}</code> <Badge tone="warn">{t("start.form_channel")}</Badge>
        </>
      )}
    </p>
  );
}

function ChannelRules({ channel, flow, own }: { channel: Channel; flow: string; own: string[] }) {
  const { t } = useFlowI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const known = channel.flows ?? [];
  const [rules, setRules] = useState<StartRule[]>(known);
  const changed = JSON.stringify(rules) !== JSON.stringify(known);
  const set = (index: number, change: Partial<StartRule>) =>
    setRules(rules.map((rule, at) => (at === index ? { ...rule, ...change } : rule)));
  const save = () =>
    run(async () => {
      try {
        await flowApi.setStarts(channel.id, channel.revision, rules);
      } finally {
        await client.invalidateQueries({ queryKey: keys.channels });
      }
    }, t("start.saved"));
  return (
    <Card>
      <div className={styles.head}>
        <ChannelIcon kind={channel.kind} size={18} />
        <h3>{channel.name}</h3>
        {rules.some((rule) => rule.flow === flow) ? null : <span>{t("start.never_here")}</span>}
      </div>
      {rules.length > 0 ? (
        <ul className={styles.rules}>
          {rules.map((rule, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule is its place in the order
            <li key={index} data-other={rule.flow !== flow || undefined}>
              {rule.flow === flow ? (
                <Rule
                  rule={rule}
                  own={own}
                  onChange={(change) => set(index, change)}
                  onRemove={() => setRules(rules.filter((_, at) => at !== index))}
                />
              ) : (
                <p>{otherWords(rule, t)}</p>
              )}
            </li>
          ))}
        </ul>
      ) : null}
      <div className={styles.end}>
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          onClick={() =>
            setRules([...rules, { flow, on: own.length ? "words" : "first_message", words: [], payload: null }])
          }
        >
          {t("start.add")}
          <span className="only-heard"> {channel.name}</span>
        </Button>
        {changed ? (
          <Button size="compact-sm" loading={busy} onClick={() => void save()}>
            {t("start.save")}
            <span className="only-heard"> {channel.name}</span>
          </Button>
        ) : null}
      </div>
    </Card>
  );
}

function otherWords(rule: StartRule, t: FlowT): string {
  const what = rule.words.join(", ") || rule.payload || "";
  return t("start.other", { flow: rule.flow, on: t(`start_on.${rule.on}`), what: what ? `: ${what}` : "" });
}

interface RuleProps {
  rule: StartRule;
  own: string[];
  onChange: (change: Partial<StartRule>) => void;
  onRemove: () => void;
}

function Rule({ rule, own, onChange, onRemove }: RuleProps) {
  const { t } = useFlowI18n();
  return (
    <div className={styles.rule}>
      <NativeSelect
        aria-label={t("start.on")}
        value={rule.on}
        onChange={(event) => onChange({ on: event.currentTarget.value as StartRule["on"], words: [], payload: null })}
        data={WAYS.map((value) => ({ value, label: t(`start_on.${value}`) }))}
      />
      {rule.on === "words" ? (
        <TagsInput
          aria-label={t("start.words")}
          placeholder={
            rule.words.length
              ? ""
              : own.length
                ? t("start.own_words", { words: own.join(", ") })
                : t("start.words_hint")
          }
          value={rule.words}
          onChange={(words) => onChange({ words })}
          maxTags={50}
        />
      ) : rule.on === "start" || rule.on === "button" ? (
        <TextInput
          aria-label={t("start.payload")}
          placeholder={t(rule.on === "start" ? "start.any_payload" : "start.any_button")}
          value={rule.payload ?? ""}
          onChange={(event) => onChange({ payload: event.currentTarget.value || null })}
          maxLength={64}
        />
      ) : (
        <span className={styles.explain}>{t(`start_on.${rule.on}_hint`)}</span>
      )}
      <Button variant="subtle" color="red" size="compact-sm" aria-label={t("start.remove")} onClick={onRemove}>
        <IconTrash size={16} />
      </Button>
    </div>
  );
}
