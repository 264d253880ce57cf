/** Creates or changes a channel: what all have, and what its kind needs. */
import { Button, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { api } from "@/api/calls";
import type { Channel } from "@/api/types";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { EmailSettings, emailForm, emailSettings } from "@/manage/EmailSettings";
import { contactField } from "@/manage/FieldMapping";
import { FormsSettings, formsForm, formsSettings } from "@/manage/FormsSettings";
import { PLAIN_KINDS } from "@/manage/kinds";
import { PlainSettings, plainForm, plainSettings } from "@/manage/PlainSettings";
import { TelegramSettings, telegramForm, telegramSettings } from "@/manage/TelegramSettings";
import { WebChatSettings } from "@/manage/WebChatSettings";
import { webChatForm, webChatSettings } from "@/manage/webchat";
import { Dialog } from "@/ui/Dialog";
import styles from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

const WEB_CHAT = "webchat";
const TELEGRAM = "telegram";
const EMAIL = "email";
const FORMS = "forms";

interface Form {
  name: string;
  enabled: boolean;
  greeting: string;
  raw_days: string;
}

function formOf(channel: Channel | null): Form {
  return {
    name: channel?.name ?? "",
    enabled: channel?.enabled ?? true,
    greeting: channel?.greeting ?? "",
    raw_days: String(channel?.raw_days ?? ""),
  };
}

export function ChannelEditor({ channel, onClose }: { channel: Channel | null; onClose: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [form, setForm] = useState(() => formOf(channel));
  const [kind, setKind] = useState(channel?.kind ?? WEB_CHAT);
  const [chat, setChat] = useState(() => webChatForm(channel));
  const [telegram, setTelegram] = useState(() => telegramForm(channel));
  const [email, setEmail] = useState(() => emailForm(channel));
  const [forms, setForms] = useState(() => formsForm(channel));
  const fields = PLAIN_KINDS[kind] ?? null;
  const [plain, setPlain] = useState(() => plainForm(fields ?? [], channel));
  const before = channel?.settings ?? {};
  const settingsByKind: Record<string, () => Record<string, unknown>> = {
    [WEB_CHAT]: () => webChatSettings(chat, before, contactField),
    [TELEGRAM]: () => telegramSettings(telegram, before),
    [EMAIL]: () => emailSettings(email, before),
    [FORMS]: () => formsSettings(forms, before),
  };
  const settings = fields ? plainSettings(fields, plain, before) : (settingsByKind[kind]?.() ?? null);
  const set = (change: Partial<Form>) => setForm((known) => ({ ...known, ...change }));
  const element = useRef<HTMLFormElement>(null);
  const stored = () => {
    const body = {
      ...(channel ? { revision: channel.revision } : { kind }),
      name: form.name.trim(),
      enabled: form.enabled,
      greeting: form.greeting.trim() || null,
      raw_days: Number(form.raw_days) || null,
      ...(settings ? { settings } : {}),
    };
    return api.saveChannel(channel?.id ?? null, body);
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await run(stored, t("saved")))) {
      // Perhaps somebody else was first: what they saved is shown when this is opened again.
      void client.invalidateQueries({ queryKey: keys.channels });
      return;
    }
    await client.invalidateQueries({ queryKey: keys.channels });
    onClose();
  };
  const signIn = async () => {
    if (!element.current?.reportValidity()) return;
    let saved = false;
    const going = await run(async () => {
      const { id } = await stored();
      saved = true;
      window.location.assign((await api.beginSignIn(id)).url);
    });
    if (going) return;
    await client.invalidateQueries({ queryKey: keys.channels });
    if (saved) onClose(); // it exists now: saving this form again would make a second one
  };
  return (
    <Dialog
      onClose={onClose}
      title={channel ? t("channels.edit", { name: channel.name }) : t("channels.add")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form ref={element} className={styles.form} onSubmit={(event) => void save(event)}>
        {channel ? null : (
          <Select
            label={t("channels.kind")}
            data={[
              { value: WEB_CHAT, label: t("kind.webchat") },
              { value: TELEGRAM, label: t("kind.telegram") },
              { value: EMAIL, label: t("kind.email") },
              { value: FORMS, label: t("kind.forms") },
              { value: "generic", label: t("kind.generic") },
              { value: "jivochat_bot", label: t("kind.jivochat_bot") },
              { value: "jivochat_events", label: t("kind.jivochat_events") },
              { value: "jivochat_agents", label: t("kind.jivochat_agents") },
            ]}
            value={kind}
            onChange={(value) => setKind(value ?? WEB_CHAT)}
            allowDeselect={false}
          />
        )}
        <TextInput
          label={t("channels.name")}
          value={form.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          maxLength={128}
          required
          withAsterisk={false}
          data-autofocus
        />
        {kind === FORMS ? null : (
          <Textarea
            label={t("channels.greeting")}
            description={t("channels.greeting_hint")}
            value={form.greeting}
            onChange={(event) => set({ greeting: event.currentTarget.value })}
            rows={3}
            maxLength={4_000}
          />
        )}
        {kind === TELEGRAM ? (
          <TelegramSettings
            channel={channel}
            form={telegram}
            onChange={(change) => setTelegram((known) => ({ ...known, ...change }))}
          />
        ) : null}
        {kind === EMAIL ? (
          <EmailSettings
            channel={channel}
            form={email}
            onChange={(change) => setEmail((known) => ({ ...known, ...change }))}
            busy={busy}
            onSignIn={() => void signIn()}
          />
        ) : null}
        {kind === FORMS ? (
          <FormsSettings
            channel={channel}
            form={forms}
            onChange={(change) => setForms((known) => ({ ...known, ...change }))}
          />
        ) : null}
        {fields ? (
          <PlainSettings
            fields={fields}
            channel={channel}
            form={plain}
            onChange={(change) => setPlain((known) => ({ ...known, ...change }))}
          />
        ) : null}
        {kind === WEB_CHAT ? (
          <WebChatSettings form={chat} onChange={(change) => setChat((known) => ({ ...known, ...change }))} />
        ) : null}
        <TextInput
          label={t("channels.raw_days")}
          description={t("channels.raw_days_hint")}
          inputMode="numeric"
          value={form.raw_days}
          onChange={(event) => set({ raw_days: event.currentTarget.value.replace(/\D/g, "") })}
          maxLength={4}
        />
        <Switch
          label={t("channels.enabled")}
          checked={form.enabled}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
        <Button type="submit" loading={busy} disabled={!form.name.trim()}>
          {t("save")}
        </Button>
      </form>
    </Dialog>
  );
}
