/** The signatures below answers by mail: one's own, and the project's for those who manage it. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import type { Me } from "@/api/types";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { SignatureField } from "@/settings/SignatureField";
import { unknown } from "@/settings/signature";
import { Card } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

export function SignatureCards() {
  const { t } = useI18n();
  const { operator, project, rights } = useMe();
  const client = useQueryClient();
  const known = (change: (me: Me) => Me) => client.setQueryData<Me>(keys.me, (me) => (me ? change(me) : me));
  return (
    <>
      <SignatureCard
        title={t("signature.mine")}
        lead={t("signature.mine_hint")}
        stored={operator.signature}
        save={async (signature) => {
          const me = await api.changeMe({ signature });
          known(() => me);
        }}
      />
      {rights.includes("manage") ? (
        <SignatureCard
          key={project.id}
          title={t("signature.of_project", { name: project.name })}
          lead={t("signature.of_project_hint")}
          stored={project.signature}
          save={async (signature) => {
            const changed = await api.changeProject({ signature });
            known((me) => ({ ...me, project: changed }));
          }}
        />
      ) : null}
    </>
  );
}

interface Props {
  title: string;
  lead: string;
  stored: string;
  save: (signature: string) => Promise<void>;
}

function SignatureCard({ title, lead, stored, save }: Props) {
  const { t } = useI18n();
  const { busy, run } = useSaving();
  const [text, setText] = useState(stored);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(() => save(text.trim()), t("saved"));
  };
  return (
    <Card title={title} lead={lead}>
      <form className={styles.form} onSubmit={submit}>
        <SignatureField label={t("signature.text")} value={text} onChange={setText} />
        <Button type="submit" loading={busy} disabled={text.trim() === stored || unknown(text).length > 0}>
          {t("save")}
        </Button>
      </form>
    </Card>
  );
}
