/** What a search has found: people, then conversations by what was said in them. */
import { Button, Loader } from "@mantine/core";
import { Link } from "react-router";
import type { Conversation, Hit, View } from "@/api/types";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { ChooseBox } from "@/inbox/ChooseBox";
import listStyles from "@/inbox/ConversationList.module.css";
import { ListItem } from "@/inbox/ListItem";
import type { Names } from "@/inbox/names";
import styles from "@/inbox/SearchResults.module.css";
import type { Chosen } from "@/inbox/useChosen";
import type { Search } from "@/inbox/useSearch";
import { Avatar } from "@/ui/Avatar";
import { IconAlertCircle, IconSearch } from "@/ui/icons";
import { ChannelIcon, Empty } from "@/ui/parts";
import { useHold } from "@/ui/useHold";

interface Props {
  search: Search;
  view: View;
  selected: string | null;
  at: number | null;
  names: Names;
  now: number;
  /** The boxes beside the results; null for whoever may not choose. */
  chosen: Chosen | null;
  choosing: boolean;
  /** A tap chooses. */
  tapping: boolean;
}

export function SearchResults({ search, view, selected, at, names, now, chosen, choosing, tapping }: Props) {
  const { t } = useI18n();
  const words = useWords();
  const { people: found, hits, busy, error } = search;
  const touch = chosen ? { onHold: chosen.toggle, ...(tapping ? { onTap: chosen.toggle } : {}) } : {};
  const rowOf = (item: Conversation) => ({
    "data-conversation": item.id,
    "data-choosing": choosing || undefined,
  });

  if (error) {
    return (
      <Empty
        icon={IconAlertCircle}
        title={t("list.failed")}
        action={
          <Button variant="default" onClick={search.again}>
            {t("retry")}
          </Button>
        }
      >
        {words(error)}
      </Empty>
    );
  }
  if (!busy && !search.further && found.length + hits.length === 0) {
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
              <li key={item.id} className={`${listStyles.row} ${styles.person}`} {...rowOf(item)}>
                <ListItem
                  item={item}
                  view={view}
                  selected={item.id === selected && at === null}
                  names={names}
                  now={now}
                  {...touch}
                />
                {chosen ? <ChooseBox item={item} chosen={chosen} /> : null}
              </li>
            ))}
          </ul>
          {search.morePeople ? <p className={styles.more}>{t("search.more_people")}</p> : null}
        </section>
      ) : null}
      {hits.length > 0 ? (
        <section aria-label={t("search.messages")}>
          <h3 className={styles.title}>{t("search.messages")}</h3>
          <ul className={styles.rows}>
            {hits.map((hit) => (
              <li key={hit.conversation.id} className={listStyles.row} {...rowOf(hit.conversation)}>
                <HitItem
                  hit={hit}
                  view={view}
                  selected={hit.conversation.id === selected && at !== null}
                  now={now}
                  {...touch}
                />
                {chosen ? <ChooseBox item={hit.conversation} chosen={chosen} /> : null}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {search.further ? (
        <div className={styles.further}>
          <Button variant="default" size="compact-sm" loading={search.furtherBusy} onClick={search.further}>
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

interface HitProps {
  hit: Hit;
  view: View;
  selected: boolean;
  now: number;
  onTap?: (id: string) => void;
  onHold?: (id: string) => void;
}

function HitItem({ hit: { conversation, message }, view, selected, now, onTap, onHold }: HitProps) {
  const hold = useHold(() => onHold?.(conversation.id));
  const { t, format } = useI18n();
  const name = conversation.contact_name ?? t("contact.nameless");
  const who = { in: "", out: "→", note: t("list.note") }[message.direction];
  return (
    <Link
      to={`/inbox/${view}/${conversation.id}?at=${message.position}`}
      className={`${listStyles.item} ${styles.hit}`}
      aria-current={selected ? "true" : undefined}
      {...hold.handlers}
      onClick={(event) => {
        const ended = hold.ends();
        if (ended || onTap) event.preventDefault();
        if (!ended) onTap?.(conversation.id);
      }}
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
