/** Channels: how each is doing, and a web chat's settings and snippet. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { api } from "@/api/calls";
import type { Channel, ChannelState } from "@/api/types";
import { useMay } from "@/app/session";
import { type Locale, useI18n } from "@/i18n";
import { type Said, saidOf } from "@/i18n/reasons";
import { keys } from "@/live/queries";
import { ChannelEditor } from "@/manage/ChannelEditor";
import { Snippet } from "@/manage/Snippet";
import { IconPlug, IconPlus } from "@/ui/icons";
import { Card, Loaded, PageFrame } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { Badge, ChannelIcon, Empty, type Tone } from "@/ui/parts";
import { Reason } from "@/ui/Reason";

const TONES: Record<ChannelState, Tone> = {
  running: "good",
  starting: "plain",
  stopped: "plain",
  backing_off: "warn",
  needs_attention: "danger",
};

export default function ChannelsPage() {
  const { t } = useI18n();
  const manages = useMay("manage");
  const channels = useQuery({ queryKey: keys.channels, queryFn: api.channels });
  const { channel: named } = useParams();
  const navigate = useNavigate();
  const [chosen, setEdited] = useState<Channel | "new" | null>(null);
  const edited = chosen ?? (manages && channels.data?.items.find((channel) => channel.id === named)) ?? null;
  const close = () => {
    setEdited(null);
    if (named) void navigate("/channels", { replace: true });
  };
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited("new")}>
      {t("channels.add")}
    </Button>
  );
  return (
    <PageFrame title={t("nav.channels")} lead={t("channels.lead")} action={manages ? add : null}>
      <Loaded query={channels}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <Empty icon={IconPlug} title={t("channels.none")}>
                {t("channels.none_hint")}
              </Empty>
            </Card>
          ) : (
            items.map((channel) => (
              <Row key={channel.id} channel={channel} onEdit={manages ? () => setEdited(channel) : null} />
            ))
          )
        }
      </Loaded>
      {edited ? <ChannelEditor channel={edited === "new" ? null : edited} onClose={close} /> : null}
    </PageFrame>
  );
}

/** What is amiss with a channel, and with what stands beside it. */
function amissIn({ health, enabled }: Channel, locale: Locale): Said[] {
  const notices = health.notice_whys?.length
    ? health.notice_whys.map((why) => saidOf(why, why.said, locale))
    : [saidOf(null, health.notice, locale)];
  return [saidOf(health.error_why, health.error, locale), ...(enabled ? notices : [])].filter((said) => said !== null);
}

function Row({ channel, onEdit }: { channel: Channel; onEdit: (() => void) | null }) {
  const { t, format, locale } = useI18n();
  const { health } = channel;
  const amiss = amissIn(channel, locale);
  const state = channel.enabled ? health.state : "stopped";
  return (
    <Card>
      <div className={styles.row}>
        <ChannelIcon kind={channel.kind} size={20} />
        <div className={styles.main}>
          <b>
            {channel.name}
            <Badge tone={TONES[state] ?? "plain"}>{t(`channel_state.${state}`)}</Badge>
          </b>
          <span className={styles.quiet}>
            {health.last_inbound_at
              ? t("channels.last_in", { when: format.full(health.last_inbound_at) })
              : t("channels.nothing_in")}
            {health.last_outbound_at
              ? ` · ${t("channels.last_out", { when: format.full(health.last_outbound_at) })}`
              : ""}
          </span>
          {amiss.map((said) => (
            <p className={styles.bad} key={said.sentence}>
              <Reason said={said} />
            </p>
          ))}
        </div>
        {onEdit ? (
          <Button variant="default" size="compact-sm" onClick={onEdit}>
            {t("edit")}
            <span className="only-heard"> {channel.name}</span>
          </Button>
        ) : null}
      </div>
      {onEdit && channel.kind === "webchat" ? <Snippet id={channel.id} name={channel.name} /> : null}
    </Card>
  );
}
