/** Personal access tokens: for other programs, shown once. */
import { Button, Checkbox, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import { useI18n } from "@/i18n";
import { toast } from "@/state/toasts";
import { Card, Loaded, Rows } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { Badge } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

const KEY = ["tokens"] as const;
const SCOPES = ["read", "reply", "manage", "connect"] as const;

export function TokensCard() {
  const { t, format } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [made, setMade] = useState<string | null>(null);
  const tokens = useQuery({ queryKey: KEY, queryFn: api.tokens });
  const drop = (id: string) =>
    run(async () => {
      await api.deleteToken(id);
      await client.invalidateQueries({ queryKey: KEY });
    });
  return (
    <Card title={t("tokens.title")} lead={t("tokens.lead")}>
      {made ? <Made token={made} onDone={() => setMade(null)} /> : <NewToken onMade={setMade} />}
      <Loaded query={tokens}>
        {({ items }) => (
          <Rows items={items} none={null}>
            {(item) => (
              <li key={item.id}>
                <div className={styles.main}>
                  <b>
                    {item.name}
                    {item.scopes.map((scope) => (
                      <Badge key={scope}>{scope}</Badge>
                    ))}
                  </b>
                  <span className={styles.quiet}>
                    {item.last_used_at
                      ? t("sessions.used", { when: format.full(item.last_used_at) })
                      : t("tokens.unused")}
                    {item.expires_at ? ` · ${t("tokens.expires", { when: format.date(item.expires_at) })}` : ""}
                  </span>
                </div>
                <Button variant="default" size="compact-sm" disabled={busy} onClick={() => void drop(item.id)}>
                  {t("delete")}
                </Button>
              </li>
            )}
          </Rows>
        )}
      </Loaded>
    </Card>
  );
}

function NewToken({ onMade }: { onMade: (token: string) => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const create = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const { token } = await api.createToken({ name: name.trim(), scopes });
      onMade(token);
      await client.invalidateQueries({ queryKey: KEY });
    });
  };
  return (
    <form className={styles.form} onSubmit={create}>
      <TextInput
        label={t("tokens.name")}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={128}
        required
        withAsterisk={false}
      />
      <Checkbox.Group value={scopes} onChange={setScopes} label={t("tokens.scopes")}>
        <div className={styles.row}>
          {SCOPES.map((scope) => (
            <Checkbox key={scope} value={scope} label={t(`scope.${scope}`)} />
          ))}
        </div>
      </Checkbox.Group>
      <Button type="submit" variant="default" loading={busy} disabled={!name.trim() || scopes.length === 0}>
        {t("tokens.create")}
      </Button>
    </form>
  );
}

function Made({ token, onDone }: { token: string; onDone: () => void }) {
  const { t } = useI18n();
  const copy = async () => {
    await navigator.clipboard.writeText(token);
    toast("good", t("copied"));
  };
  return (
    <div className={styles.form}>
      <p role="status">{t("tokens.made")}</p>
      <code className={styles.code}>{token}</code>
      <div className={styles.row}>
        <Button onClick={() => void copy()}>{t("copy")}</Button>
        <Button variant="default" onClick={onDone}>
          {t("totp.kept")}
        </Button>
      </div>
    </div>
  );
}
