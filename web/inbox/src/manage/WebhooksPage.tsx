/** Outgoing webhooks: where they go, whether they work, and every call with its attempts, to be made again. */
import { Button, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import type { Webhook, WebhookDelivery } from "@/api/types";
import { useI18n } from "@/i18n";
import { Copied } from "@/manage/Copied";
import { Dialog } from "@/ui/Dialog";
import { IconPlus, IconRefresh, IconWebhook } from "@/ui/icons";
import { Card, Loaded, PageFrame, Rows } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { Badge, Empty, type Tone } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

const WEBHOOKS = ["webhooks"] as const;
const DELIVERIES = ["webhook-deliveries"] as const;
const LOOK_AGAIN_MS = 5_000;
const TONES: Record<WebhookDelivery["status"], Tone> = { pending: "warn", delivered: "good", failed: "danger" };

export default function WebhooksPage() {
  const { t } = useI18n();
  const webhooks = useQuery({ queryKey: WEBHOOKS, queryFn: api.webhooks });
  const [edited, setEdited] = useState<Webhook | "new" | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited("new")}>
      {t("webhooks.add")}
    </Button>
  );
  return (
    <PageFrame title={t("nav.webhooks")} lead={t("webhooks.lead")} action={add}>
      <Card>
        <Loaded query={webhooks}>
          {({ items }) => (
            <Rows
              items={items}
              none={
                <Empty icon={IconWebhook} title={t("webhooks.none")}>
                  {t("webhooks.none_hint")}
                </Empty>
              }
            >
              {(item) => <Row key={item.name} item={item} onEdit={() => setEdited(item)} onSecret={setSecret} />}
            </Rows>
          )}
        </Loaded>
      </Card>
      <Calls names={webhooks.data?.items.map((item) => item.name) ?? []} />
      {edited ? (
        <Editor webhook={edited === "new" ? null : edited} onClose={() => setEdited(null)} onSecret={setSecret} />
      ) : null}
      {secret ? <Secret secret={secret} onClose={() => setSecret(null)} /> : null}
    </PageFrame>
  );
}

function Row({ item, onEdit, onSecret }: { item: Webhook; onEdit: () => void; onSecret: (secret: string) => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const change = (work: () => Promise<unknown>) =>
    run(async () => {
      await work();
      await client.invalidateQueries({ queryKey: WEBHOOKS });
    });
  const rotate = () =>
    run(async () => {
      const { secret } = await api.rotateWebhook(item.name);
      if (secret) onSecret(secret);
    });
  return (
    <li>
      <div className={styles.main}>
        <b>
          {item.name}
          <Badge tone={item.enabled ? "good" : "plain"}>{t(item.enabled ? "webhooks.on" : "webhooks.off")}</Badge>
        </b>
        <span>{item.url}</span>
        {item.disabled_reason ? <p className={styles.bad}>{item.disabled_reason}</p> : null}
      </div>
      <Button
        variant="default"
        size="compact-sm"
        loading={busy}
        onClick={() => void change(() => api.changeWebhook(item.name, { enabled: !item.enabled }))}
      >
        {t(item.enabled ? "webhooks.switch_off" : "webhooks.switch_on")}
        <span className="only-heard"> {item.name}</span>
      </Button>
      <Button variant="default" size="compact-sm" loading={busy} onClick={() => void rotate()}>
        {t("webhooks.rotate")}
        <span className="only-heard"> {item.name}</span>
      </Button>
      <Button variant="default" size="compact-sm" onClick={onEdit}>
        {t("edit")}
        <span className="only-heard"> {item.name}</span>
      </Button>
    </li>
  );
}

interface EditorProps {
  webhook: Webhook | null;
  onClose: () => void;
  onSecret: (secret: string) => void;
}

function Editor({ webhook, onClose, onSecret }: EditorProps) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const finish = async (work: () => Promise<Webhook | undefined>) => {
    let made: Webhook | undefined;
    const done = await run(async () => {
      made = await work();
    });
    if (!done) return;
    await client.invalidateQueries({ queryKey: WEBHOOKS });
    onClose();
    if (made?.secret) onSecret(made.secret);
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    const address = url.trim();
    void finish(() =>
      webhook ? api.changeWebhook(webhook.name, { url: address }) : api.createWebhook(name.trim(), address),
    );
  };
  return (
    <Dialog
      onClose={onClose}
      title={webhook ? t("webhooks.edit", { name: webhook.name }) : t("webhooks.add")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form className={styles.form} onSubmit={save}>
        {webhook ? null : (
          <TextInput
            label={t("webhooks.name")}
            description={t("webhooks.name_hint")}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            pattern="[A-Za-z_][A-Za-z0-9_\-]*"
            maxLength={64}
            required
            withAsterisk={false}
            data-autofocus
          />
        )}
        <TextInput
          type="url"
          label={t("webhooks.url")}
          description={t("webhooks.url_hint")}
          placeholder="https://example.org/hub"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          maxLength={2_000}
          required
          withAsterisk={false}
        />
        <div className={styles.row}>
          <Button type="submit" loading={busy} disabled={!url.trim() || !(webhook || name.trim())}>
            {t("save")}
          </Button>
          {webhook ? (
            <Button
              variant="subtle"
              color="red"
              disabled={busy}
              onClick={() => void finish(async () => void (await api.deleteWebhook(webhook.name)))}
            >
              {t("delete")}
            </Button>
          ) : null}
        </div>
      </form>
    </Dialog>
  );
}

function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Dialog onClose={onClose} title={t("webhooks.secret")} closeButtonProps={{ "aria-label": t("close") }}>
      <div className={styles.form}>
        <p>{t("webhooks.secret_once")}</p>
        <Copied label={t("webhooks.secret_hint")} text={secret} />
      </div>
    </Dialog>
  );
}

function Calls({ names }: { names: string[] }) {
  const { t } = useI18n();
  const [name, setName] = useState("");
  const calls = useQuery({
    queryKey: [...DELIVERIES, name],
    queryFn: () => api.webhookDeliveries(name || null),
    refetchInterval: LOOK_AGAIN_MS,
  });
  return (
    <Card title={t("webhooks.calls")} lead={t("webhooks.calls_lead")}>
      {names.length > 1 ? (
        <Select
          aria-label={t("webhooks.of")}
          data={[{ value: "", label: t("webhooks.all") }, ...names.map((one) => ({ value: one, label: one }))]}
          value={name}
          onChange={(value) => setName(value ?? "")}
          allowDeselect={false}
        />
      ) : null}
      <Loaded query={calls}>
        {({ items }) => (
          <Rows items={items} none={<p className={styles.quiet}>{t("webhooks.no_calls")}</p>}>
            {(item) => <Call key={item.id} item={item} />}
          </Rows>
        )}
      </Loaded>
    </Card>
  );
}

function Call({ item }: { item: WebhookDelivery }) {
  const { t, format } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [open, setOpen] = useState(false);
  const repeat = () =>
    run(async () => {
      await api.repeatDelivery(item.id);
      await client.invalidateQueries({ queryKey: DELIVERIES });
    }, t("webhooks.repeated"));
  const last = item.attempts.at(-1);
  return (
    <li>
      <div className={styles.main}>
        <b>
          {item.name}
          <Badge tone={TONES[item.status]}>{t(`webhook_status.${item.status}`)}</Badge>
        </b>
        <span>
          {format.full(item.created_at)} · {t("parked.attempts", { n: item.attempts.length })}
          {last ? ` · ${last.status ?? last.error}` : ""}
        </span>
        {open ? (
          <>
            <ol className={styles.quiet}>
              {item.attempts.map((attempt) => (
                <li key={attempt.at}>
                  {format.full(attempt.at)}: {attempt.status ?? attempt.error}
                </li>
              ))}
            </ol>
            {item.status === "pending" ? (
              <p className={styles.quiet}>{t("webhooks.next", { when: format.full(item.due_at) })}</p>
            ) : null}
            <p className={styles.quiet}>webhook-id: {item.id}</p>
            <code className={styles.code}>{item.body}</code>
          </>
        ) : null}
      </div>
      <Button variant="default" size="compact-sm" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t(open ? "parked.hide" : "parked.show")}
      </Button>
      {item.status === "failed" ? (
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconRefresh size={14} />}
          loading={busy}
          onClick={() => void repeat()}
        >
          {t("webhooks.repeat")}
        </Button>
      ) : null}
    </li>
  );
}
