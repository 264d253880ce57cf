/** A signature and how it will look below an answer. */
import { Textarea } from "@mantine/core";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { LinkedText } from "@/inbox/links";
import styles from "@/settings/SignatureField.module.css";
import { filled, SIGNATURE_CHARACTERS, unknown, VARIABLES } from "@/settings/signature";

interface Props {
  label: string;
  description?: string;
  value: string;
  onChange: (value: string) => void;
  /** What stands in the place of the channel's variables. */
  channel?: string;
  address?: string;
}

export function SignatureField({ label, description, value, onChange, channel, address }: Props) {
  const { t } = useI18n();
  const me = useMe();
  const wrong = unknown(value);
  const said = filled(value, {
    operator: me.operator.name,
    project: me.project.name,
    channel: channel || t("signature.a_channel"),
    contact: t("signature.a_contact"),
    address: address || "shop@example.org",
  });
  return (
    <div className={styles.field}>
      <Textarea
        label={label}
        description={[description, t("signature.variables", { list: VARIABLES.map((one) => `{${one}}`).join(" ") })]
          .filter(Boolean)
          .join(" ")}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={wrong.length > 0 ? t("signature.unknown", { name: `{${wrong[0]}}` }) : undefined}
        autosize
        minRows={3}
        maxRows={8}
        maxLength={SIGNATURE_CHARACTERS}
      />
      {said ? (
        <figure className={styles.preview}>
          <figcaption>{t("signature.preview")}</figcaption>
          <p>
            {"-- \n"}
            <LinkedText text={said} />
          </p>
        </figure>
      ) : null}
    </div>
  );
}
