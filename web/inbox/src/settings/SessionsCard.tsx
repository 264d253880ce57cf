/** Where one is signed in. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { useI18n } from "@/i18n";
import { Card, Loaded } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { Badge } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

const KEY = ["sessions"] as const;
const BROWSERS = [/Edg\//, /OPR\//, /YaBrowser\//, /Firefox\//, /Chrome\//, /Safari\//];
const BROWSER_NAMES = ["Edge", "Opera", "Yandex Browser", "Firefox", "Chrome", "Safari"];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS/, "macOS"],
  [/Linux/, "Linux"],
];

/** "Firefox, Linux" from what a browser calls itself; the whole text where it says something else. */
export function deviceOf(label: string): string {
  const browser = BROWSER_NAMES[BROWSERS.findIndex((pattern) => pattern.test(label))];
  const system = SYSTEMS.find(([pattern]) => pattern.test(label))?.[1];
  return [browser, system].filter(Boolean).join(", ") || label;
}

export function SessionsCard() {
  const { t, format } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const sessions = useQuery({ queryKey: KEY, queryFn: api.sessions });
  const end = (id: string) =>
    run(async () => {
      await api.endSession(id);
      await client.invalidateQueries({ queryKey: KEY });
    });
  return (
    <Card title={t("sessions.title")} lead={t("sessions.lead")}>
      <Loaded query={sessions}>
        {({ items }) => (
          <ul className={styles.rows}>
            {items.map((item) => (
              <li key={item.id}>
                <div className={styles.main}>
                  <b title={item.label}>
                    {deviceOf(item.label) || t("sessions.unknown")}
                    {item.current ? <Badge tone="accent">{t("sessions.current")}</Badge> : null}
                  </b>
                  <span className={styles.quiet}>{t("sessions.used", { when: format.full(item.last_used_at) })}</span>
                </div>
                {item.current ? null : (
                  <Button variant="default" size="compact-sm" disabled={busy} onClick={() => void end(item.id)}>
                    {t("sessions.end")}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}
