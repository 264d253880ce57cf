/** Beside the thread: who the contact is, how to reach them, and what is known. */
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api } from "@/api/calls";
import type { Contact, ConversationDetail } from "@/api/types";
import { useMay, useMe } from "@/app/session";
import { useShell } from "@/app/shellContext";
import { useI18n } from "@/i18n";
import { inOneLine, saidOf } from "@/i18n/reasons";
import { useWords } from "@/i18n/words";
import { ContactData } from "@/inbox/ContactData";
import styles from "@/inbox/ContactPanel.module.css";
import { Consents, Stages } from "@/inbox/ContactRecord";
import { ContinueInTelegram } from "@/inbox/ContinueInTelegram";
import { FlowPanel } from "@/inbox/FlowPanel";
import { MergeContact } from "@/inbox/MergeContact";
import { useNames } from "@/inbox/names";
import { OtherConversations } from "@/inbox/OtherConversations";
import { applyToQueries, detailOptions } from "@/live/queries";
import { FormLinkForContact } from "@/manage/FormLink";
import { toast } from "@/state/toasts";
import { Avatar } from "@/ui/Avatar";
import { IconArrowLeft, IconCheck, IconCopy, IconFlag3, IconPencil, IconPlus, IconShieldLock, IconX } from "@/ui/icons";
import { Badge, ChannelIcon } from "@/ui/parts";

interface Props {
  id: string;
  overlay: boolean;
  onClose: () => void;
}

export function ContactPanel({ id, overlay, onClose }: Props) {
  const { t } = useI18n();
  const { phone } = useShell();
  const detail = useQuery(detailOptions(id)).data;
  return (
    <section className={styles.panel} data-overlay={overlay || undefined} aria-label={t("contact.label")}>
      <header className={styles.head}>
        {phone ? (
          <ActionIcon size="lg" aria-label={t("contact.back")} onClick={onClose}>
            <IconArrowLeft size={20} />
          </ActionIcon>
        ) : null}
        <h2>{t("contact.label")}</h2>
        {phone ? null : (
          <ActionIcon size="lg" aria-label={t("close")} onClick={onClose}>
            <IconX size={18} />
          </ActionIcon>
        )}
      </header>
      {detail ? <Facts detail={detail} /> : null}
    </section>
  );
}

function useChange(contact: Contact) {
  const words = useWords();
  const me = useMe().operator.id;
  const client = useQueryClient();
  return async (change: Parameters<typeof api.changeContact>[1]) => {
    try {
      const data = await api.changeContact(contact.id, change);
      applyToQueries(client, [{ kind: "contact", cursor: "", conversation: null, data }], me);
      return true;
    } catch (error) {
      toast("bad", words(error));
      return false;
    }
  };
}

function Facts({ detail }: { detail: ConversationDetail }) {
  const { t, format } = useI18n();
  const names = useNames();
  const manages = useMay("manage");
  const contact = detail.contact_detail;
  const name = contact.name ?? t("contact.nameless");
  return (
    <div className={styles.body}>
      <div className={styles.who}>
        <Avatar name={name} seed={contact.id} size="lg" />
        <Name contact={contact} />
        {contact.blocked ? <Badge tone="danger">{t("contact.blocked")}</Badge> : null}
      </div>
      <Group title={t("contact.addresses")}>
        {contact.addresses?.length ? (
          <ul className={styles.addresses}>
            {contact.addresses.map((address) => (
              <AddressRow
                key={address.id}
                kind={address.kind}
                value={address.value}
                verified={address.verified}
                unreachable={address.unreachable}
              />
            ))}
          </ul>
        ) : (
          <p className={styles.quiet}>{t("contact.no_addresses")}</p>
        )}
        <ContinueInTelegram contact={contact} />
        <FormLinkForContact contact={contact.id} />
        <MergeContact contact={contact} />
      </Group>
      <Group title={t("flow.title")}>
        <FlowPanel detail={detail} />
      </Group>
      <Group title={t("stage.title")}>
        <Stages detail={detail} />
      </Group>
      <Group title={t("consent.title")}>
        <Consents detail={detail} />
      </Group>
      <Fields contact={contact} />
      <Group title={t("contact.conversation")}>
        <dl className={styles.facts}>
          <Fact name={t("fact.channel")}>
            <span className={styles.inline}>
              <ChannelIcon kind={detail.channel_detail.kind} /> {detail.channel_detail.name}
            </span>
          </Fact>
          <Fact name={t("fact.status")}>{t(`status.${detail.status}`)}</Fact>
          <Fact name={t("fact.assignee")}>
            {detail.assignee ? names.operator(detail.assignee) : t("assign.nobody")}
          </Fact>
          {detail.team ? <Fact name={t("assign.team")}>{names.team(detail.team)}</Fact> : null}
          {detail.priority ? (
            <Fact name={t("priority.label")}>
              <Badge
                tone={detail.priority === "urgent" ? "danger" : detail.priority === "high" ? "warn" : "plain"}
                icon={IconFlag3}
              >
                {t(`priority.${detail.priority}`)}
              </Badge>
            </Fact>
          ) : null}
          {detail.tags.length > 0 ? (
            <Fact name={t("fact.tags")}>
              <span className={styles.tags}>
                {detail.tags.map((tag) => (
                  <Badge key={tag}>{tag}</Badge>
                ))}
              </span>
            </Fact>
          ) : null}
          <Fact name={t("fact.number")}>{detail.number}</Fact>
          <Fact name={t("fact.began")}>{format.full(detail.created_at)}</Fact>
          {detail.first_reply_at ? (
            <Fact name={t("fact.first_reply")}>{format.full(detail.first_reply_at)}</Fact>
          ) : null}
          {contact.language ? <Fact name={t("fact.language")}>{languageName(contact.language)}</Fact> : null}
          {contact.time_zone ? <Fact name={t("fact.time_zone")}>{contact.time_zone}</Fact> : null}
          <Fact name={t("fact.known_since")}>{format.date(contact.created_at)}</Fact>
        </dl>
      </Group>
      <Group title={t("history.title")}>
        <OtherConversations detail={detail} />
      </Group>
      {manages ? (
        <Group title={t("data.title")}>
          <ContactData contact={contact} />
        </Group>
      ) : null}
    </div>
  );
}

function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={styles.group}>
      <h3>{title}</h3>
      {children}
    </div>
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

function AddressRow({
  kind,
  value,
  verified,
  unreachable,
}: {
  kind: string;
  value: string;
  verified: boolean;
  unreachable: string | null;
}) {
  const { t, locale } = useI18n();
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    toast("good", t("copied"));
  };
  return (
    <li>
      <ChannelIcon kind={kind} size={16} />
      <span className={styles.address}>
        <span className="only-heard">{kind}: </span>
        <span title={value}>{value}</span>
        {unreachable ? (
          <span className={styles.unreachable}>
            {t("contact.unreachable", { why: inOneLine(saidOf(null, unreachable, locale)) })}
          </span>
        ) : null}
      </span>
      {verified ? <IconShieldLock size={16} role="img" aria-label={t("contact.verified")} /> : null}
      <ActionIcon size="sm" aria-label={t("contact.copy", { value })} onClick={() => void copy()}>
        <IconCopy size={14} />
      </ActionIcon>
    </li>
  );
}

function Name({ contact }: { contact: Contact }) {
  const { t } = useI18n();
  const may = useMay("reply");
  const change = useChange(contact);
  const [value, setValue] = useState<string | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const name = value?.trim();
    if (!name || name === contact.name || (await change({ name }))) setValue(null);
  };
  if (value === null) {
    return (
      <p className={styles.name}>
        <span>{contact.name ?? t("contact.nameless")}</span>
        {may ? (
          <ActionIcon size="sm" aria-label={t("contact.rename")} onClick={() => setValue(contact.name ?? "")}>
            <IconPencil size={14} />
          </ActionIcon>
        ) : null}
      </p>
    );
  }
  return (
    <form onSubmit={save} className={styles.rename}>
      <TextInput
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && setValue(null)}
        aria-label={t("contact.name")}
        maxLength={200}
        autoFocus
      />
      <ActionIcon type="submit" size="lg" variant="filled" color="blue" aria-label={t("save")}>
        <IconCheck size={16} />
      </ActionIcon>
    </form>
  );
}

const USERNAME = "telegram_username";

/** A field's value; a user name as the link that opens it. */
function FieldText({ name, value }: { name: string; value: string }) {
  if (name === USERNAME && /^\w{1,64}$/.test(value)) {
    return (
      <a href={`https://t.me/${value}`} target="_blank" rel="noopener noreferrer">
        @{value}
      </a>
    );
  }
  return <span>{value}</span>;
}

function Fields({ contact }: { contact: Contact }) {
  const { t } = useI18n();
  const may = useMay("reply");
  const change = useChange(contact);
  const [editing, setEditing] = useState<{ name: string; value: string; fresh: boolean } | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!editing?.name.trim()) return;
    const name = editing.name.trim();
    const fields = contact.fields
      .filter((field) => field.name !== name)
      .map((field) => ({ name: field.name, value: field.value }));
    const next = editing.value.trim() ? [...fields, { name, value: editing.value.trim() }] : fields;
    if (await change({ fields: next })) setEditing(null);
  };
  return (
    <Group title={t("contact.fields")}>
      {contact.fields.length > 0 ? (
        <dl className={styles.facts}>
          {contact.fields.map((field) => (
            <Fact key={field.name} name={field.name === USERNAME ? "Telegram" : field.name}>
              <span className={styles.fieldValue}>
                <FieldText name={field.name} value={field.value} />
                {may ? (
                  <ActionIcon
                    size="sm"
                    aria-label={t("contact.edit_field", { name: field.name })}
                    onClick={() => setEditing({ ...field, fresh: false })}
                  >
                    <IconPencil size={14} />
                  </ActionIcon>
                ) : null}
              </span>
            </Fact>
          ))}
        </dl>
      ) : editing ? null : (
        <p className={styles.quiet}>{t("contact.no_fields")}</p>
      )}
      {editing ? (
        <form onSubmit={save} className={styles.fieldForm}>
          <TextInput
            label={t("contact.field_name")}
            value={editing.name}
            disabled={!editing.fresh}
            onChange={(event) => setEditing({ ...editing, name: event.currentTarget.value })}
            maxLength={64}
            autoFocus={editing.fresh}
          />
          <TextInput
            label={t("contact.field_value")}
            value={editing.value}
            onChange={(event) => setEditing({ ...editing, value: event.currentTarget.value })}
            maxLength={500}
            autoFocus={!editing.fresh}
          />
          <div className={styles.inline}>
            <Button type="submit" size="compact-sm">
              {t("save")}
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => setEditing(null)}>
              {t("cancel")}
            </Button>
          </div>
        </form>
      ) : may ? (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          onClick={() => setEditing({ name: "", value: "", fresh: true })}
        >
          {t("contact.add_field")}
        </Button>
      ) : null}
    </Group>
  );
}
