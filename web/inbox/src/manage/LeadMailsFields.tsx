/** Whose mails report who wants to be called, and what stands behind which label in them. */
import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { useI18n } from "@/i18n";
import { contactField } from "@/manage/FieldMapping";
import own from "@/manage/LeadMailsFields.module.css";
import {
  badRegion,
  badSender,
  CONTACT,
  LABELS_AT_MOST,
  type LabelForm,
  LEADS_AT_MOST,
  type LeadForm,
  NO_LEAD,
  TARGETS,
} from "@/manage/leads";
import { IconTrash } from "@/ui/icons";
import styles from "@/ui/PageFrame.module.css";

interface Props {
  leads: LeadForm[];
  onChange: (leads: LeadForm[]) => void;
}

function replaced<Item>(items: Item[], at: number, item: Item): Item[] {
  return items.map((one, index) => (index === at ? item : one));
}

function without<Item>(items: Item[], at: number): Item[] {
  return items.filter((_, index) => index !== at);
}

export function LeadMailsFields({ leads, onChange }: Props) {
  const { t } = useI18n();
  return (
    <fieldset className={styles.group}>
      <legend>{t("leads.title")}</legend>
      <p className={styles.quiet}>{t("leads.hint")}</p>
      {leads.map((lead, index) => (
        <OneSender
          // biome-ignore lint/suspicious/noArrayIndexKey: the rules have no names, and are only added at the end
          key={index}
          lead={lead}
          number={index + 1}
          onChange={(change) => onChange(replaced(leads, index, { ...lead, ...change }))}
          onRemove={() => onChange(without(leads, index))}
        />
      ))}
      {leads.length < LEADS_AT_MOST ? (
        <Button variant="default" size="compact-sm" onClick={() => onChange([...leads, NO_LEAD])}>
          {t("leads.add")}
        </Button>
      ) : null}
    </fieldset>
  );
}

interface SenderProps {
  lead: LeadForm;
  number: number;
  onChange: (change: Partial<LeadForm>) => void;
  onRemove: () => void;
}

function OneSender({ lead, number, onChange, onRemove }: SenderProps) {
  const { t } = useI18n();
  return (
    <section className={`${styles.group} ${own.sender}`} aria-label={t("leads.rule", { n: number })}>
      <TextInput
        label={t("leads.sender")}
        description={t("leads.sender_hint")}
        placeholder="@widget.example"
        value={lead.sender}
        error={badSender(lead.sender) ? t("leads.sender_bad") : undefined}
        onChange={(event) => onChange({ sender: event.currentTarget.value })}
        maxLength={320}
        required
        withAsterisk={false}
      />
      <TextInput
        label={t("leads.subject")}
        description={t("leads.subject_hint")}
        value={lead.subject}
        onChange={(event) => onChange({ subject: event.currentTarget.value })}
        maxLength={200}
      />
      <div className={own.pair}>
        <TextInput
          label={t("leads.within")}
          description={t("leads.within_hint")}
          inputMode="numeric"
          value={lead.within_s}
          onChange={(event) => onChange({ within_s: event.currentTarget.value.replace(/\D/g, "") })}
          maxLength={6}
        />
        <TextInput
          label={t("leads.region")}
          description={t("leads.region_hint")}
          value={lead.region}
          error={badRegion(lead.region) ? t("leads.region_bad") : undefined}
          onChange={(event) => onChange({ region: event.currentTarget.value.toUpperCase() })}
          maxLength={2}
        />
      </div>
      {lead.labels.map((label, index) => (
        <OneLabel
          // biome-ignore lint/suspicious/noArrayIndexKey: two labels may be empty while they are written
          key={index}
          label={label}
          onChange={(changed) => onChange({ labels: replaced(lead.labels, index, changed) })}
          onRemove={() => onChange({ labels: without(lead.labels, index) })}
        />
      ))}
      <div className={styles.row}>
        {lead.labels.length < LABELS_AT_MOST ? (
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => onChange({ labels: [...lead.labels, { label: "", to: "phone" }] })}
          >
            {t("leads.label_add")}
          </Button>
        ) : null}
        <Button variant="subtle" color="red" size="compact-sm" onClick={onRemove}>
          {t("leads.remove")}
        </Button>
      </div>
    </section>
  );
}

interface LabelProps {
  label: LabelForm;
  onChange: (label: LabelForm) => void;
  onRemove: () => void;
}

function OneLabel({ label, onChange, onRemove }: LabelProps) {
  const { t } = useI18n();
  const contact = label.to.startsWith(CONTACT);
  return (
    <div className={own.label}>
      <TextInput
        label={t("leads.label")}
        value={label.label}
        onChange={(event) => onChange({ ...label, label: event.currentTarget.value })}
        maxLength={60}
      />
      <Select
        label={t("leads.label_is")}
        data={[
          ...TARGETS.map((value) => ({ value, label: t(`forms.to.${value}`) })),
          { value: CONTACT, label: t("forms.to.contact") },
        ]}
        value={contact ? CONTACT : label.to}
        onChange={(to) =>
          onChange({
            ...label,
            to: to === CONTACT ? CONTACT + (contactField(label.label) || "field") : (to ?? "phone"),
          })
        }
        allowDeselect={false}
      />
      <ActionIcon variant="subtle" color="gray" aria-label={t("leads.label_remove")} onClick={onRemove}>
        <IconTrash size={16} />
      </ActionIcon>
      {contact ? (
        <TextInput
          className={own.whole}
          label={t("leads.contact_field")}
          value={label.to.slice(CONTACT.length)}
          onChange={(event) => onChange({ ...label, to: CONTACT + contactField(event.currentTarget.value) })}
          maxLength={64}
          required
          withAsterisk={false}
        />
      ) : null}
    </div>
  );
}
