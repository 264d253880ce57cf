/** How the hub gets into a mailbox: secrets that are never shown again, and the sign-in at a provider (OAuth 2). */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { useI18n } from "@/i18n";
import { Copied } from "@/manage/Copied";
import type { EmailForm, MailProps } from "@/manage/EmailSettings";
import { IconLogin2 } from "@/ui/icons";
import styles from "@/ui/PageFrame.module.css";

type SecretName = "password" | "token" | "smtp_password" | "client_secret" | "refresh_token";

/** A secret: what is stored is never shown, and stays unless another one is typed. */
export function MailSecret({
  name,
  hint,
  optional = false,
  channel,
  form,
  onChange,
}: MailProps & { name: SecretName; hint: string; optional?: boolean }) {
  const { t } = useI18n();
  const stored = channel?.secrets_set?.includes(name) ?? false;
  return (
    <PasswordInput
      label={t(`email.${name}`)}
      description={stored ? t("email.secret_stored") : hint}
      value={form[name]}
      onChange={(event) => onChange({ [name]: event.currentTarget.value })}
      required={!stored && !optional}
      withAsterisk={false}
      autoComplete="off"
      visibilityToggleButtonProps={{ "aria-label": t("telegram.token_show") }}
    />
  );
}

const PROVIDERS: Record<string, string> = { google: "Google", microsoft: "Microsoft" };

interface Props extends MailProps {
  busy: boolean;
  onSignIn: () => void;
}

/** An application at the provider, and the sign-in that it may use. */
export function OAuthFields({ busy, onSignIn, ...props }: Props) {
  const { t } = useI18n();
  const { channel, form, onChange } = props;
  const place = useQuery({
    queryKey: ["sign-in place"],
    queryFn: api.signInPlace,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const provider = PROVIDERS[form.oauth];
  const signedIn = channel?.settings?.oauth === form.oauth && channel.secrets_set?.includes("refresh_token");
  return (
    <>
      {place.data ? <Copied label={t("email.redirect_uri")} text={place.data.redirect_uri} /> : null}
      {provider ? null : <OwnEndpoints {...props} />}
      <Line name="client_id" required {...props} />
      <MailSecret name="client_secret" hint={t("email.client_secret_hint")} optional {...props} />
      {form.oauth === "microsoft" ? <Line name="tenant" hint={t("email.tenant_hint")} {...props} /> : null}
      <Line name="account" hint={t("email.account_hint")} {...props} />
      <div>
        <p className={styles.quiet}>{t(signedIn ? "email.signed_in" : "email.not_signed_in")}</p>
        <Button
          mt="xs"
          variant="default"
          loading={busy}
          leftSection={<IconLogin2 size={16} />}
          disabled={!form.client_id.trim() || !form.address.trim()}
          onClick={onSignIn}
        >
          {provider ? t("email.sign_in_with", { provider }) : t("email.sign_in_there")}
        </Button>
      </div>
      <MailSecret name="refresh_token" hint={t("email.refresh_token_hint")} optional {...props} onChange={onChange} />
    </>
  );
}

/** Where a provider that the hub does not know has its doors. */
function OwnEndpoints(props: MailProps) {
  const { t } = useI18n();
  return (
    <>
      <Line name="authorize_url" placeholder="https://oauth.example.org/authorize" required {...props} />
      <Line name="token_url" placeholder="https://oauth.example.org/token" required {...props} />
      <Line name="scope" hint={t("email.scope_hint")} required {...props} />
    </>
  );
}

type LineName = Exclude<keyof EmailForm, SecretName | "since_now"> &
  ("client_id" | "tenant" | "account" | "authorize_url" | "token_url" | "scope");

function Line({
  name,
  hint,
  placeholder,
  required = false,
  form,
  onChange,
}: MailProps & { name: LineName; hint?: string; placeholder?: string; required?: boolean }) {
  const { t } = useI18n();
  return (
    <TextInput
      label={t(`email.${name}`)}
      description={hint}
      placeholder={placeholder}
      value={form[name]}
      onChange={(event) => onChange({ [name]: event.currentTarget.value })}
      required={required}
      withAsterisk={false}
      autoComplete="off"
      spellCheck={false}
    />
  );
}
