/** The messages of a conversation: a window that grows in both directions, and stays at the end when it is there. */
import { ActionIcon, Button, Loader } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, WINDOW_LIMIT } from "@/api/calls";
import type { ConversationDetail } from "@/api/types";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { ActivityLine } from "@/inbox/ActivityLine";
import { MessageRow } from "@/inbox/MessageRow";
import { useNames } from "@/inbox/names";
import { PendingRow } from "@/inbox/PendingRow";
import { type Row, rowsOf } from "@/inbox/rows";
import styles from "@/inbox/Thread.module.css";
import { useReadMark } from "@/inbox/useReadMark";
import { type Thread as Window, withWindow } from "@/live/cache";
import { useLive } from "@/live/LiveProvider";
import { usePresence } from "@/live/presence";
import { applyToQueries, keys, threadOptions, windowAround, windowAtEnd } from "@/live/queries";
import { useOutbox } from "@/state/OutboxProvider";
import { type Pending, stillPending, usePending } from "@/state/outbox";
import { IconAlertCircle, IconArrowDown } from "@/ui/icons";
import { Empty } from "@/ui/parts";

const NEAR_END = 80;
const NEAR_START = 400;
const EMPTY: Window = { items: [], activities: [], atEnd: true };

interface Props {
  detail: ConversationDetail;
  /** The position of the message to begin at; null begins at the end. */
  at: number | null;
  onEdit: (pending: Pending) => void;
}

export function Thread({ detail, at, onEdit }: Props) {
  const { t } = useI18n();
  const words = useWords();
  const client = useQueryClient();
  const thread = useQuery(threadOptions(client, detail.id));
  if (thread.data) return <Messages detail={detail} at={at} thread={thread.data} onEdit={onEdit} />;
  return (
    <div className={styles.scroller} aria-busy={thread.isPending}>
      {thread.isError ? (
        <Empty
          icon={IconAlertCircle}
          title={t("thread.failed")}
          action={
            <Button variant="default" onClick={() => void thread.refetch()}>
              {t("retry")}
            </Button>
          }
        >
          {words(thread.error)}
        </Empty>
      ) : (
        <div className={styles.loading}>
          <Loader size="sm" role="status" aria-label={t("loading")} />
        </div>
      )}
    </div>
  );
}

/** Load the window before or after the one shown, and bring it up to the changes that came meanwhile. */
function useGrow(id: string) {
  const client = useQueryClient();
  const { journal } = useLive();
  const me = useMe().operator.id;
  const busy = useRef(false);
  const [failed, setFailed] = useState(false);
  const grow = useCallback(
    async (where: { before: number } | { after: number }) => {
      if (busy.current) return;
      busy.current = true;
      setFailed(false);
      const mark = journal.mark();
      try {
        const window = await api.messages(id, where);
        const atEnd = "after" in where ? window.items.length < WINDOW_LIMIT : null;
        client.setQueryData<Window>(keys.thread(id), (known) => withWindow(known ?? EMPTY, window, atEnd));
        applyToQueries(client, journal.since(mark) ?? [], me);
      } catch {
        setFailed(true);
      } finally {
        busy.current = false;
      }
    },
    [id, client, journal, me],
  );
  return { grow, failed };
}

/** Put another window in the place of the one shown, and bring it up to the changes that came meanwhile. */
function useReplace(id: string) {
  const client = useQueryClient();
  const { journal } = useLive();
  const me = useMe().operator.id;
  return useCallback(
    async (read: () => Promise<Window>) => {
      const mark = journal.mark();
      const window = await read();
      client.setQueryData<Window>(keys.thread(id), window);
      applyToQueries(client, journal.since(mark) ?? [], me);
    },
    [id, client, journal, me],
  );
}

function Messages({ detail, at, thread, onEdit }: Props & { thread: Window }) {
  const { t } = useI18n();
  const me = useMe().operator.id;
  const outbox = useOutbox();
  const names = useNames();
  const pending = usePending(outbox, detail.id);
  const writing = usePresence(detail.id).filter((item) => item.typing);
  const [unreadAfter] = useState(() => {
    const read = detail.read_position ?? 0;
    return read > 0 && read < detail.last_position ? read : null;
  });
  const rows = useMemo(
    () => rowsOf(thread, stillPending(pending, thread.items, me), unreadAfter),
    [thread, pending, me, unreadAfter],
  );
  const scroller = useRef<HTMLElement>(null);
  const { grow, failed } = useGrow(detail.id);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimate(rows[index]),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: NEAR_END,
    paddingStart: 16,
    paddingEnd: 12,
  });

  const first = thread.items[0]?.position ?? 1;
  const last = thread.items.at(-1)?.position ?? 0;
  const replace = useReplace(detail.id);

  // Once, when the first rows are there: begin at the end, or at the message that was asked for.
  const target = at !== null && at <= detail.last_position ? at : null;
  const placed = useRef(false);
  useEffect(() => {
    if (placed.current || rows.length === 0 || target !== null) return;
    placed.current = true;
    virtual.scrollToEnd();
  }, [virtual, rows.length, target]);
  useJump(target, rows, virtual, placed, replace, detail.id);

  useStayAtEnd(scroller, virtual);

  const offset = virtual.scrollOffset ?? 0;
  useEffect(() => {
    if (placed.current && first > 1 && offset < NEAR_START && !failed) void grow({ before: first });
  }, [first, offset, failed, grow]);
  const atEnd = virtual.isAtEnd(NEAR_END);
  // What follows the window is read when one comes near its end: a thread may have been opened far above.
  const missing = (!thread.atEnd || last < detail.last_position) && virtual.isAtEnd(NEAR_START);
  useEffect(() => {
    if (placed.current && missing && !failed) void grow({ after: last });
  }, [missing, last, failed, grow]);

  const newest = thread.items.at(-1);
  useReadMark(detail, last, atEnd && thread.atEnd);

  return (
    <div className={styles.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <section ref={scroller} className={styles.scroller} aria-label={t("thread.messages")} tabIndex={0}>
        <div className={styles.canvas} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row ? (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className={styles.row}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <RowView row={row} detail={detail} at={at} onEdit={onEdit} names={names} />
              </div>
            ) : null;
          })}
        </div>
      </section>
      {failed ? (
        <div className={styles.notice} role="alert">
          {t("thread.more_failed")}{" "}
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => void grow(missing ? { after: last } : { before: first })}
          >
            {t("retry")}
          </Button>
        </div>
      ) : null}
      {(atEnd && thread.atEnd) || rows.length === 0 ? null : (
        <ActionIcon
          className={styles.toEnd ?? ""}
          variant="default"
          radius="xl"
          size="lg"
          aria-label={t("thread.to_end")}
          onClick={() => {
            if (thread.atEnd) virtual.scrollToEnd({ behavior: "smooth" });
            else void replace(() => windowAtEnd(detail.id)).then(() => virtual.scrollToEnd());
          }}
        >
          <IconArrowDown size={18} />
        </ActionIcon>
      )}
      <p className={styles.writing} role="status">
        {writing.map((item) =>
          item.contact
            ? t("presence.contact_typing", { name: detail.contact_detail.name ?? t("contact.nameless") })
            : t("presence.typing", { name: item.name ?? t("colleague") }),
        )[0] ?? ""}
      </p>
      <div className="only-heard" aria-live="polite">
        {newest?.direction === "in" ? t("thread.heard", { text: newest.text || t("list.attachment") }) : ""}
      </div>
    </div>
  );
}

/** Bring the message at `target` into sight, once for each that is asked for, and read what stands around it before. */
function useJump(
  target: number | null,
  rows: Row[],
  virtual: Virtualizer<HTMLElement, Element>,
  placed: RefObject<boolean>,
  replace: (read: () => Promise<Window>) => Promise<void>,
  id: string,
): void {
  const asked = useRef<number | null>(null);
  const arrived = useRef<number | null>(null);
  // After every render: rows that are measured or read meanwhile move the message away from where it was scrolled to.
  // Until it is in sight the thread does not grow.
  useEffect(() => {
    if (target === null || rows.length === 0 || arrived.current === target) return;
    const index = rows.findIndex((row) => row.kind === "message" && row.message.position === target);
    const seen = virtual.range;
    if (index >= 0 && seen && seen.startIndex <= index && index <= seen.endIndex) {
      arrived.current = target;
      placed.current = true;
    } else if (index >= 0) {
      virtual.scrollToIndex(index, { align: "center" });
    } else if (asked.current !== target) {
      asked.current = target;
      // What cannot be had now is not shown, and the thread begins at its end as always.
      replace(() => windowAround(id, target)).catch(() => {
        placed.current = true;
        virtual.scrollToEnd();
      });
    }
  });
}

/** When the room for messages changes (a banner, a growing composer) and the end was in sight, it stays in sight. */
function useStayAtEnd(scroller: RefObject<HTMLElement | null>, virtual: Virtualizer<HTMLElement, Element>): void {
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let atEnd = true;
    const note = () => {
      atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    };
    const observer = new ResizeObserver(() => {
      if (atEnd) virtual.scrollToEnd();
    });
    element.addEventListener("scroll", note, { passive: true });
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", note);
      observer.disconnect();
    };
  }, [scroller, virtual]);
}

function estimate(row: Row | undefined): number {
  if (row?.kind !== "message") return 40;
  const { text, attachments } = row.message;
  return 48 + Math.ceil(text.length / 60) * 20 + (attachments.length > 0 ? 60 : 0);
}

interface RowProps {
  row: Row;
  detail: ConversationDetail;
  at: number | null;
  onEdit: (pending: Pending) => void;
  names: ReturnType<typeof useNames>;
}

function RowView({ row, detail, at, onEdit, names }: RowProps) {
  const { t, format } = useI18n();
  switch (row.kind) {
    case "day":
      return (
        <p className={styles.day}>
          <span>{format.dayMark(row.at)}</span>
        </p>
      );
    case "unread":
      return (
        <p className={styles.unread}>
          <span>{t("thread.unread")}</span>
        </p>
      );
    case "activity":
      return <ActivityLine activity={row.activity} names={names} />;
    case "pending":
      return <PendingRow pending={row.pending} onEdit={onEdit} />;
    case "message":
      return <MessageRow row={row} detail={detail} names={names} found={row.message.position === at} />;
  }
}
