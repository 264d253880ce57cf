/** Who one is in Telegram: what is written in the operators' group is then one's own. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/calls";
import { useI18n } from "@/i18n";
import { Card, Loaded, Rows } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { QrCode } from "@/ui/QrCode";
import { useSaving } from "@/ui/useSaving";

const KEY = ["links"] as const;
/** While a code is shown, its use is noticed so soon. */
const LOOK_MS = 3_000;

export function TelegramCard() {
  const { t, format } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [offer, setOffer] = useState<Awaited<ReturnType<typeof api.linkCode>> | null>(null);
  const links = useQuery({ queryKey: KEY, queryFn: api.links, refetchInterval: offer ? LOOK_MS : false });
  const ask = () => run(async () => setOffer(await api.linkCode()));
  const end = (id: string) =>
    run(async () => {
      await api.unlink(id);
      await client.invalidateQueries({ queryKey: KEY });
    });
  return (
    <Card title={t("links.title")} lead={t("links.lead")}>
      <Loaded query={links}>
        {({ items }) => (
          <Rows items={items} none={null}>
            {(item) => (
              <li key={item.id}>
                <div className={styles.main}>
                  <b>{item.name ?? item.kind}</b>
                  <span className={styles.quiet}>{t("links.since", { when: format.full(item.linked_at) })}</span>
                </div>
                <Button variant="default" size="compact-sm" disabled={busy} onClick={() => void end(item.id)}>
                  {t("links.end")}
                  <span className="only-heard"> {item.name ?? item.kind}</span>
                </Button>
              </li>
            )}
          </Rows>
        )}
      </Loaded>
      {offer ? (
        <div className={styles.form}>
          <p className={styles.quiet}>
            {t(offer.url ? "links.follow" : "links.send", { minutes: Math.round(offer.lives_s / 60) })}
          </p>
          {offer.qr_svg ? <QrCode svg={offer.qr_svg} label={t("telegram.qr")} /> : null}
          {offer.url ? (
            <a href={offer.url} target="_blank" rel="noopener noreferrer">
              {offer.url}
            </a>
          ) : null}
          <code className={styles.code}>/link {offer.code}</code>
        </div>
      ) : (
        <div className={styles.row}>
          <Button variant="default" loading={busy} onClick={() => void ask()}>
            {t("links.link")}
          </Button>
        </div>
      )}
    </Card>
  );
}
