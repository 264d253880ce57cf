/** The settings of a web chat: its looks, where it may stand, when it answers, and what it asks and keeps. */
import { ActionIcon, Button, MultiSelect, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useI18n } from "@/i18n";
import { contactField } from "@/manage/FieldMapping";
import own from "@/manage/LeadMailsFields.module.css";
import { FIELD_TYPES, NO_QUESTION, QUESTIONS_AT_MOST, type Question, type WebChatForm } from "@/manage/webchat";
import { IconTrash } from "@/ui/icons";
import styles from "@/ui/PageFrame.module.css";

/** A Monday: the days of the week are named from it. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

interface Props {
  form: WebChatForm;
  onChange: (change: Partial<WebChatForm>) => void;
}

export function WebChatSettings({ form, onChange }: Props) {
  const { t } = useI18n();
  const toggle = (name: "uploads" | "keep_page" | "identity_required", hint?: string) => (
    <Switch
      label={t(`channels.${name}`)}
      description={hint}
      checked={form[name]}
      onChange={(event) => onChange({ [name]: event.currentTarget.checked })}
    />
  );
  return (
    <>
      <TextInput
        label={t("channels.title")}
        value={form.title}
        onChange={(event) => onChange({ title: event.currentTarget.value })}
        maxLength={128}
      />
      <TextInput
        label={t("channels.subtitle")}
        value={form.subtitle}
        onChange={(event) => onChange({ subtitle: event.currentTarget.value })}
        maxLength={255}
      />
      <TextInput
        type="color"
        label={t("channels.accent")}
        value={form.accent}
        onChange={(event) => onChange({ accent: event.currentTarget.value })}
      />
      <Textarea
        label={t("channels.domains")}
        description={t("channels.domains_hint")}
        placeholder="shop.example"
        value={form.domains}
        onChange={(event) => onChange({ domains: event.currentTarget.value })}
        rows={3}
      />
      <Questions questions={form.prechat} onChange={(prechat) => onChange({ prechat })} />
      <Hours form={form} onChange={onChange} />
      <Textarea
        label={t("channels.consent")}
        description={t("channels.consent_hint")}
        value={form.consent}
        onChange={(event) => onChange({ consent: event.currentTarget.value })}
        rows={2}
        maxLength={1_000}
      />
      {toggle("uploads")}
      {toggle("keep_page", t("channels.keep_page_hint"))}
      {toggle("identity_required", t("channels.identity_required_hint"))}
    </>
  );
}

function Hours({ form, onChange }: Props) {
  const { t, locale } = useI18n();
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });
  const days = Array.from({ length: 7 }, (_, n) => ({
    value: String(n + 1),
    label: weekday.format(MONDAY + n * DAY_MS),
  }));
  const clock = (name: "opens" | "closes") => (
    <TextInput
      type={form[name] === "24:00" ? "text" : "time"}
      label={t(`channels.${name}`)}
      value={form[name]}
      onChange={(event) => onChange({ [name]: event.currentTarget.value })}
      required
      withAsterisk={false}
    />
  );
  return (
    <fieldset className={styles.group}>
      <legend>{t("channels.hours")}</legend>
      <Switch
        label={t("channels.timed")}
        checked={form.timed}
        onChange={(event) => onChange({ timed: event.currentTarget.checked })}
      />
      {form.timed ? (
        <>
          <MultiSelect
            label={t("channels.days")}
            data={days}
            value={form.days}
            onChange={(chosen) => onChange({ days: chosen })}
          />
          <div className={own.pair}>
            {clock("opens")}
            {clock("closes")}
            <TextInput
              label={t("channels.time_zone")}
              placeholder="Europe/Moscow"
              value={form.time_zone}
              onChange={(event) => onChange({ time_zone: event.currentTarget.value })}
              required
              withAsterisk={false}
            />
          </div>
          <Switch
            label={t("channels.offline_form")}
            checked={form.offline_form}
            onChange={(event) => onChange({ offline_form: event.currentTarget.checked })}
          />
        </>
      ) : null}
    </fieldset>
  );
}

function Questions({ questions, onChange }: { questions: Question[]; onChange: (questions: Question[]) => void }) {
  const { t } = useI18n();
  return (
    <fieldset className={styles.group}>
      <legend>{t("channels.prechat")}</legend>
      <p className={styles.quiet}>{t("channels.prechat_hint")}</p>
      {questions.map((question, index) => (
        <One
          // biome-ignore lint/suspicious/noArrayIndexKey: two questions may be empty while they are written
          key={index}
          question={question}
          number={index + 1}
          onChange={(change) => onChange(questions.map((one, n) => (n === index ? { ...one, ...change } : one)))}
          onRemove={() => onChange(questions.filter((_, n) => n !== index))}
        />
      ))}
      {questions.length < QUESTIONS_AT_MOST ? (
        <Button variant="default" size="compact-sm" onClick={() => onChange([...questions, NO_QUESTION])}>
          {t("channels.question_add")}
        </Button>
      ) : null}
    </fieldset>
  );
}

interface OneProps {
  question: Question;
  number: number;
  onChange: (change: Partial<Question>) => void;
  onRemove: () => void;
}

function One({ question, number, onChange, onRemove }: OneProps) {
  const { t } = useI18n();
  return (
    <section className={`${styles.group} ${own.sender}`} aria-label={t("channels.question", { n: number })}>
      <div className={own.label}>
        <TextInput
          label={t("channels.question_label")}
          value={question.label}
          onChange={(event) => onChange({ label: event.currentTarget.value })}
          maxLength={128}
        />
        <Select
          label={t("channels.question_type")}
          data={FIELD_TYPES.map((value) => ({ value, label: t(`channels.type.${value}`) }))}
          value={question.type}
          onChange={(type) => onChange({ type: type ?? NO_QUESTION.type })}
          allowDeselect={false}
        />
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("channels.question_remove", { n: number })}
          onClick={onRemove}
        >
          <IconTrash size={16} />
        </ActionIcon>
      </div>
      <TextInput
        label={t("leads.contact_field")}
        description={t("channels.question_field_hint")}
        placeholder={contactField(question.label)}
        value={question.name}
        onChange={(event) => onChange({ name: contactField(event.currentTarget.value) })}
        maxLength={64}
      />
      {question.type === "choice" ? (
        <Textarea
          label={t("channels.choices")}
          value={question.choices}
          onChange={(event) => onChange({ choices: event.currentTarget.value })}
          rows={3}
          required
          withAsterisk={false}
        />
      ) : null}
      <Switch
        label={t("channels.question_required")}
        checked={question.required}
        onChange={(event) => onChange({ required: event.currentTarget.checked })}
      />
    </section>
  );
}
