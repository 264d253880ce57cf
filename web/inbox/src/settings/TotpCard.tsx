/** The second factor: set up by a QR code, confirmed by a first code, switched off by the password. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { Card } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { Badge } from "@/ui/parts";
import { QrCode } from "@/ui/QrCode";
import { useSaving } from "@/ui/useSaving";

export function TotpCard() {
  const { t } = useI18n();
  const on = useMe().operator.totp;
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <Card title={t("totp.title")} lead={t("totp.lead")}>
      {codes ? (
        <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />
      ) : on ? (
        <SwitchOff />
      ) : (
        <SetUp onDone={setCodes} />
      )}
    </Card>
  );
}

function SetUp({ onDone }: { onDone: (codes: string[]) => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [offer, setOffer] = useState<{ secret: string; qr_svg: string } | null>(null);
  const [code, setCode] = useState("");
  if (!offer) {
    return (
      <div className={styles.row}>
        <Button variant="default" loading={busy} onClick={() => void run(async () => setOffer(await api.startTotp()))}>
          {t("totp.set_up")}
        </Button>
      </div>
    );
  }
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const { recovery_codes: codes } = await api.confirmTotp(code.replace(/\s/g, ""));
      onDone(codes);
      await client.invalidateQueries({ queryKey: keys.me });
    });
  };
  return (
    <form className={styles.form} onSubmit={confirm}>
      <p>{t("totp.scan")}</p>
      <QrCode svg={offer.qr_svg} label={t("totp.qr")} />
      <p className={styles.quiet}>
        {t("totp.by_hand")} <code>{offer.secret}</code>
      </p>
      <TextInput
        label={t("login.code")}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
        autoComplete="one-time-code"
        inputMode="numeric"
        required
        withAsterisk={false}
      />
      <Button type="submit" loading={busy} disabled={!code.trim()}>
        {t("totp.switch_on")}
      </Button>
    </form>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useI18n();
  return (
    <div className={styles.form}>
      <p role="status">{t("totp.codes")}</p>
      <code className={styles.code}>{codes.join("\n")}</code>
      <Button onClick={onDone}>{t("totp.kept")}</Button>
    </div>
  );
}

function SwitchOff() {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [password, setPassword] = useState("");
  const drop = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await api.dropTotp(password);
      await client.invalidateQueries({ queryKey: keys.me });
    });
  };
  return (
    <form className={styles.form} onSubmit={drop}>
      <span>
        <Badge tone="good">{t("totp.on")}</Badge>
      </span>
      <PasswordInput
        label={t("settings.password_current")}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ "aria-label": t("login.show_password") }}
        required
        withAsterisk={false}
      />
      <Button type="submit" variant="default" loading={busy} disabled={!password}>
        {t("totp.switch_off")}
      </Button>
    </form>
  );
}
