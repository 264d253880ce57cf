/** Events that could not be read: why, what came, and trying again. */
import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/calls";
import type { Parked } from "@/api/types";
import { useI18n } from "@/i18n";
import { inOneLine, saidOf } from "@/i18n/reasons";
import { keys } from "@/live/queries";
import { toast } from "@/state/toasts";
import { IconCircleCheck, IconRefresh } from "@/ui/icons";
import { Card, Loaded, PageFrame, Rows } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { Badge, Empty } from "@/ui/parts";
import { Reason } from "@/ui/Reason";
import { useSaving } from "@/ui/useSaving";

export default function ParkedPage() {
  const { t } = useI18n();
  const parked = useInfiniteQuery({
    queryKey: keys.parked,
    queryFn: ({ pageParam }) => api.parked(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  return (
    <PageFrame title={t("nav.parked")} lead={t("parked.lead")}>
      <Card>
        <Loaded query={parked}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            return (
              <Rows
                items={items}
                none={
                  <Empty icon={IconCircleCheck} title={t("parked.none")}>
                    {t("parked.none_hint")}
                  </Empty>
                }
              >
                {(item) => <Event key={item.id} item={item} />}
              </Rows>
            );
          }}
        </Loaded>
      </Card>
      {parked.hasNextPage ? (
        <Button variant="default" loading={parked.isFetchingNextPage} onClick={() => void parked.fetchNextPage()}>
          {t("more")}
        </Button>
      ) : null}
    </PageFrame>
  );
}

function Event({ item }: { item: Parked }) {
  const { t, format, locale } = useI18n();
  const said = saidOf(item.why, item.reason, locale);
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [open, setOpen] = useState(false);
  const channels = useQuery({ queryKey: keys.channels, queryFn: api.channels }).data?.items;
  const replay = () =>
    run(async () => {
      const after = await api.replay(item.id);
      if (after.status === "done") toast("good", t("parked.done"));
      else toast("bad", inOneLine(saidOf(after.why, after.reason, locale)));
      await client.invalidateQueries({ queryKey: keys.parked });
    });
  return (
    <li>
      <div className={styles.main}>
        <b>
          {channels?.find((channel) => channel.id === item.channel)?.name ?? t("fact.channel")}
          <Badge tone="warn">{t("parked.attempts", { n: item.attempts })}</Badge>
        </b>
        {said ? (
          <span>
            <Reason said={said} />
          </span>
        ) : null}
        <div className={styles.quiet}>
          {format.full(item.last_at)} · {item.external_id} · {format.size(item.size_bytes)}
        </div>
        {open ? <code className={styles.code}>{item.raw}</code> : null}
      </div>
      <Button variant="default" size="compact-sm" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t(open ? "parked.hide" : "parked.show")}
      </Button>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconRefresh size={14} />}
        loading={busy}
        onClick={() => void replay()}
      >
        {t("parked.replay")}
      </Button>
    </li>
  );
}
