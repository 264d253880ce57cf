/** What a search has found: people, then conversations by what was said in them. */
import { Button, Loader } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "react-router";
import { api } from "@/api/calls";
import type { Hit, View } from "@/api/types";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import listStyles from "@/inbox/ConversationList.module.css";
import { ListItem } from "@/inbox/ListItem";
import type { Names } from "@/inbox/names";
import styles from "@/inbox/SearchResults.module.css";
import { keys } from "@/live/queries";
import { Avatar } from "@/ui/Avatar";
import { IconAlertCircle, IconSearch } from "@/ui/icons";
import { ChannelIcon, Empty } from "@/ui/parts";

interface Props {
  q: string;
  view: View;
  selected: string | null;
  at: number | null;
  names: Names;
  now: number;
}

export function SearchResults({ q, view, selected, at, names, now }: Props) {
  const { t } = useI18n();
  const words = useWords();
  const people = useQuery({
    queryKey: keys.people(q),
    queryFn: ({ signal }) => api.findPeople(q, signal),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
  const messages = useInfiniteQuery({
    queryKey: keys.hits(q),
    queryFn: ({ pageParam, signal }) => api.findMessages(q, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
  const hits = useMemo(() => once(messages.data?.pages.flatMap((page) => page.items) ?? []), [messages.data]);
  const found = people.data?.items ?? [];
  const failed = people.error ?? messages.error;
  const busy = people.isFetching || messages.isFetching;

  if (failed) {
    return (
      <Empty
        icon={IconAlertCircle}
        title={t("list.failed")}
        action={
          <Button variant="default" onClick={() => void Promise.all([people.refetch(), messages.refetch()])}>
            {t("retry")}
          </Button>
        }
      >
        {words(failed)}
      </Empty>
    );
  }
  if (!busy && !messages.hasNextPage && found.length + hits.length === 0) {
    return (
      <Empty icon={IconSearch} title={t("list.no_hit")}>
        {t("list.no_hit_hint")}
      </Empty>
    );
  }
  return (
    <div aria-busy={busy}>
      <p className="only-heard" role="status">
        {busy ? "" : t("search.found", { n: found.length + hits.length })}
      </p>
      {found.length > 0 ? (
        <section aria-label={t("search.people")}>
          <h3 className={styles.title}>{t("search.people")}</h3>
          <ul className={styles.rows}>
            {found.map((item) => (
              <li key={item.id} className={styles.person}>
                <ListItem
                  item={item}
                  view={view}
                  selected={item.id === selected && at === null}
                  names={names}
                  now={now}
                />
              </li>
            ))}
          </ul>
          {people.data?.more ? <p className={styles.more}>{t("search.more_people")}</p> : null}
        </section>
      ) : null}
      {hits.length > 0 ? (
        <section aria-label={t("search.messages")}>
          <h3 className={styles.title}>{t("search.messages")}</h3>
          <ul className={styles.rows}>
            {hits.map((hit) => (
              <li key={hit.conversation.id}>
                <HitItem hit={hit} view={view} selected={hit.conversation.id === selected && at !== null} now={now} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {messages.hasNextPage ? (
        <div className={styles.further}>
          <Button
            variant="default"
            size="compact-sm"
            loading={messages.isFetchingNextPage}
            onClick={() => void messages.fetchNextPage()}
          >
            {t("search.further")}
          </Button>
        </div>
      ) : null}
      {busy && found.length + hits.length === 0 ? (
        <div className={styles.further}>
          <Loader size="sm" role="status" aria-label={t("loading")} />
        </div>
      ) : null}
    </div>
  );
}

/** A conversation may come again on a later page, with an older message. */
function once(hits: Hit[]): Hit[] {
  const seen = new Set<string>();
  return hits.filter(({ conversation: { id } }) => !seen.has(id) && seen.add(id));
}

interface HitProps {
  hit: Hit;
  view: View;
  selected: boolean;
  now: number;
}

function HitItem({ hit: { conversation, message }, view, selected, now }: HitProps) {
  const { t, format } = useI18n();
  const name = conversation.contact_name ?? t("contact.nameless");
  const who = { in: "", out: "→", note: t("list.note") }[message.direction];
  return (
    <Link
      to={`/inbox/${view}/${conversation.id}?at=${message.position}`}
      className={`${listStyles.item} ${styles.hit}`}
      aria-current={selected ? "true" : undefined}
    >
      <span className={listStyles.face}>
        <Avatar name={name} seed={conversation.contact} />
        <span className={listStyles.kind}>
          <ChannelIcon kind={conversation.channel_kind} size={13} />
        </span>
      </span>
      <span className={styles.body}>
        <span className={listStyles.line}>
          <span className={listStyles.name}>{name}</span>
          <time className={listStyles.time} dateTime={message.created_at}>
            {format.brief(message.created_at, now)}
          </time>
        </span>
        <span className={styles.line}>
          {who ? <b>{who} </b> : null}
          {message.line.map((part, index) =>
            part.hit ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a line stand where they stand
              <mark key={index}>{part.text}</mark>
            ) : (
              part.text
            ),
          )}
        </span>
      </span>
    </Link>
  );
}
