/** One view of the inbox as an endless list, with a search above it. */
import { ActionIcon, Button, Skeleton, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import type { View } from "@/api/types";
import { useNow } from "@/app/media";
import { VIEW_ICONS } from "@/app/Sidebar";
import { useMay } from "@/app/session";
import { useShell } from "@/app/shellContext";
import { useShortcuts } from "@/app/shortcuts";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { BulkBar } from "@/inbox/BulkBar";
import { ChooseBox } from "@/inbox/ChooseBox";
import styles from "@/inbox/ConversationList.module.css";
import { ListItem } from "@/inbox/ListItem";
import { useNames } from "@/inbox/names";
import { SearchResults } from "@/inbox/SearchResults";
import { useBulk } from "@/inbox/useBulk";
import { useChosen } from "@/inbox/useChosen";
import { useSearch } from "@/inbox/useSearch";
import { flatten } from "@/live/cache";
import { listOptions } from "@/live/queries";
import { IconAlertCircle, IconChecklist, IconMenu2, IconSearch, IconX } from "@/ui/icons";
import { Empty } from "@/ui/parts";

const ROW = 80;

interface Props {
  view: View;
  selected: string | null;
  /** The position of the message that the open conversation was found by. */
  at: number | null;
  search: string;
  onSearch: (text: string) => void;
  onSelect: (id: string | null) => void;
}

export function ConversationList({ view, selected, at, search, onSearch, onSelect }: Props) {
  const { t } = useI18n();
  const words = useWords();
  const { phone, openMenu } = useShell();
  const names = useNames();
  const now = useNow();
  const [q] = useDebouncedValue(search.trim(), 250);
  const list = useInfiniteQuery(listOptions(view));
  const items = useMemo(() => flatten(list.data), [list.data]);
  const found = useSearch(q);
  const listed = q ? found.conversations : items;
  const mayChoose = useMay("reply");
  const chosen = useChosen(listed);
  const bulk = useBulk();
  // Another search shows others: what was chosen before it is not to be changed unseen.
  const { clear } = chosen;
  const { forget } = bulk;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search clears
  useEffect(() => {
    clear();
    forget();
  }, [q, clear, forget]);
  const choosing = mayChoose && (chosen.choosing || bulk.busy !== null || bulk.refused.length > 0);
  const scroller = useRef<HTMLDivElement>(null);
  const searchField = useRef<HTMLInputElement>(null);

  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 8,
  });
  const shown = rows.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastShown >= items.length - 10) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, lastShown, items.length]);

  // A conversation that leaves this view stays open; J and K go on from where it stood.
  const place = useRef(0);
  const index = items.findIndex((item) => item.id === selected);
  if (index >= 0) place.current = index;
  const step = (by: number) => {
    if (q) {
      stepInResults(scroller.current, by);
      return;
    }
    const gone = selected !== null && index < 0;
    const from = selected === null ? -1 : place.current - (gone && by > 0 ? 1 : 0);
    const next = Math.min(items.length - 1, Math.max(0, from + by));
    const item = items[next];
    if (!item) return;
    rows.scrollToIndex(next);
    onSelect(item.id);
  };
  /** The conversation under the focus, else the open one. */
  const pointedAt = () => {
    const row = document.activeElement?.closest<HTMLElement>("[data-conversation]");
    return row?.dataset.conversation ?? listed.find((item) => item.id === selected)?.id;
  };
  const choose = (how: (id: string) => void) => {
    const id = pointedAt();
    if (mayChoose && id) how(id);
  };
  useShortcuts({
    next: () => step(1),
    previous: () => step(-1),
    select: () => choose(chosen.toggle),
    select_to: () => choose(chosen.upTo),
    search: () => searchField.current?.focus(),
    list: () => scroller.current?.querySelector<HTMLElement>("a[aria-current], a")?.focus(),
  });

  const onArrow = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...(scroller.current?.querySelectorAll<HTMLElement>("a") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  return (
    <section className={styles.list} aria-label={t("list.label", { view: t(`view.${view}`) })}>
      <header className={styles.head}>
        <div className={styles.titleRow}>
          {phone ? (
            <ActionIcon size="lg" aria-label={t("nav.open")} onClick={openMenu}>
              <IconMenu2 size={20} />
            </ActionIcon>
          ) : null}
          <h2 className={styles.title}>{t(`view.${view}`)}</h2>
          {mayChoose && listed.length > 0 && !choosing ? (
            <Tooltip label={t("bulk.choose")}>
              <ActionIcon size="lg" aria-label={t("bulk.choose")} onClick={() => chosen.choose(true)}>
                <IconChecklist size={18} />
              </ActionIcon>
            </Tooltip>
          ) : null}
        </div>
        <TextInput
          ref={searchField}
          value={search}
          onChange={(event) => onSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") onArrow(event);
            if (event.key === "Escape") {
              onSearch("");
              event.currentTarget.blur();
            }
          }}
          placeholder={t("list.search")}
          aria-label={t("list.search")}
          type="search"
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={
            search ? (
              <ActionIcon size="sm" aria-label={t("list.clear")} onClick={() => onSearch("")}>
                <IconX size={14} />
              </ActionIcon>
            ) : null
          }
        />
      </header>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys move between the links inside */}
      <div ref={scroller} className={styles.scroller} onKeyDown={onArrow} aria-busy={!q && list.isPending}>
        {q ? (
          <SearchResults
            search={found}
            view={view}
            selected={selected}
            at={at}
            names={names}
            now={now}
            chosen={mayChoose ? chosen : null}
            choosing={choosing}
            tapping={phone && choosing}
          />
        ) : null}
        {!q && list.isPending ? <Placeholders /> : null}
        {!q && list.isError ? (
          <Empty
            icon={IconAlertCircle}
            title={t("list.failed")}
            action={
              <Button variant="default" onClick={() => void list.refetch()}>
                {t("retry")}
              </Button>
            }
          >
            {words(list.error)}
          </Empty>
        ) : null}
        {!q && list.isSuccess && items.length === 0 ? (
          <Empty icon={VIEW_ICONS[view]} title={t(`empty.${view}`)}>
            {t(`empty_hint.${view}`)}
          </Empty>
        ) : null}
        {!q && items.length > 0 ? (
          <ul className={styles.rows} style={{ height: rows.getTotalSize() }} aria-label={t(`view.${view}`)}>
            {shown.map((row) => {
              const item = items[row.index];
              if (!item) return null;
              return (
                <li
                  key={row.key}
                  aria-setsize={hasNextPage ? -1 : items.length}
                  aria-posinset={row.index + 1}
                  className={`${styles.row} ${styles.placed}`}
                  data-conversation={item.id}
                  data-choosing={choosing || undefined}
                  style={{ transform: `translateY(${row.start}px)`, height: ROW }}
                >
                  <ListItem
                    item={item}
                    view={view}
                    selected={item.id === selected}
                    names={names}
                    now={now}
                    {...(phone && choosing ? { onTap: chosen.toggle } : {})}
                    {...(mayChoose ? { onHold: chosen.toggle } : {})}
                  />
                  {mayChoose ? <ChooseBox item={item} chosen={chosen} /> : null}
                </li>
              );
            })}
          </ul>
        ) : null}
      </div>
      {choosing ? <BulkBar chosen={chosen} bulk={bulk} shown={listed.length} /> : null}
    </section>
  );
}

/** Open the result after the open one, or before it. */
function stepInResults(scroller: HTMLElement | null, by: number): void {
  const links = [...(scroller?.querySelectorAll<HTMLElement>("a") ?? [])];
  const open = links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[Math.min(links.length - 1, Math.max(0, open + by))];
  next?.click();
  next?.scrollIntoView({ block: "nearest" });
}

function Placeholders() {
  return (
    <div aria-hidden className={styles.placeholders}>
      {["a", "b", "c", "d", "e", "f"].map((key) => (
        <div key={key} className={styles.placeholder}>
          <Skeleton circle height={32} />
          <div>
            <Skeleton height={10} width="55%" radius="sm" />
            <Skeleton height={10} width="90%" mt={10} radius="sm" />
          </div>
        </div>
      ))}
    </div>
  );
}
