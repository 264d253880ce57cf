/** The button that asks a channel's service whether the settings work, before they are saved. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { api } from "@/api/calls";
import type { Channel, ConnectionFact } from "@/api/types";
import { useI18n } from "@/i18n";
import { inOneLine, saidOf } from "@/i18n/reasons";
import { useWords } from "@/i18n/words";
import styles from "@/ui/PageFrame.module.css";

type Outcome = { facts: ConnectionFact[] } | { wrong: string };

interface Props {
  kind: string;
  channel: Channel | null;
  settings: Record<string, unknown>;
}

export function ConnectionTest({ kind, channel, settings }: Props) {
  const { t, locale } = useI18n();
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const test = async () => {
    setBusy(true);
    try {
      setOutcome(await api.testConnection(kind, settings, channel?.id ?? null));
    } catch (error) {
      setOutcome({ wrong: words(error) });
    }
    setBusy(false);
  };
  return (
    <div>
      <Button variant="default" size="compact-sm" loading={busy} onClick={() => void test()}>
        {t("channels.test")}
      </Button>
      <div role="status">
        {outcome && "wrong" in outcome ? <p className={styles.bad}>{outcome.wrong}</p> : null}
        {outcome && "facts" in outcome ? (
          <div className={styles.quiet}>
            {outcome.facts.map(({ text, why }) => (
              <div key={text}>{inOneLine(saidOf(why, text, locale))}</div>
            ))}
          </div>
        ) : null}
      </div>
    </div>
  );
}
