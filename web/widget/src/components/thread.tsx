/** The messages in order, with day marks, quick replies and the sign that somebody types. */
import { dayMark, type Locale } from "../i18n";
import type { VisitorMessage } from "../protocol";
import type { Session } from "../session";
import { Icon } from "./icons";
import { type Entry, MessageRow, Text } from "./message";
import { Replies } from "./replies";
import type { InView } from "./view";

/** Messages of one author closer than this stand together under one name and one time. */
const togetherMs = 5 * 60 * 1000;

/** Stored and waiting messages as the rows of the thread; what a form was refused for waits in the form instead. */
export function entries({ messages, outbox }: Session, now: number, locale: Locale): Entry[] {
  const waiting = outbox.filter((item) => !item.fault?.fields);
  const all: Pick<Entry, "message" | "pending">[] = [
    ...messages.map((message) => ({ message })),
    ...waiting.map((pending) => ({
      pending,
      message: { ...pending, position: Infinity, author: "you" as const, name: null, buttons: [] },
    })),
  ];
  const days = all.map(({ message }) => dayMark(message.at, now, locale));
  const together = (n: number, a?: VisitorMessage, b?: VisitorMessage) =>
    a?.author === b?.author &&
    a?.name === b?.name &&
    days[n] === days[n + 1] &&
    Date.parse(b?.at ?? "") - Date.parse(a?.at ?? "") < togetherMs;
  return all.map(({ message, pending }, n) => ({
    message,
    pending,
    first: !together(n - 1, all[n - 1]?.message, message),
    // A waiting message tells its state, so the stored one before it keeps its time.
    last: !together(n, message, all[n + 1]?.message) || !pending !== !all[n + 1]?.pending,
    day: days[n] !== days[n - 1] && days[n],
  }));
}

function Greeting({ view: { chat, words } }: InView) {
  return (
    <div class="greeting">
      <h2>{words.hello}</h2>
      <p>{words.helloMore}</p>
      <p class="fine">
        <Text text={chat.session.config?.consent ?? ""} />
      </p>
    </div>
  );
}

export function Thread({ view }: InView) {
  const { chat, words, locale } = view;
  const { session } = chat;
  const rows = entries(session, Date.now(), locale);
  const own = session.messages.findLast((message) => message.author === "you");
  const last = rows.at(-1)?.message;
  return (
    <div class="thread">
      <div
        class="scroller"
        ref={view.scroller}
        onScroll={view.scrolled}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-live="polite"
        aria-label={words.log}
        aria-busy={!session.known || session.behind}
      >
        <div class="content" ref={view.content}>
          {session.known && !last && <Greeting view={view} />}
          {rows.map((entry) => (
            <div key={entry.message.id ?? entry.message.position}>
              {entry.day && <div class="day">{entry.day}</div>}
              <MessageRow entry={entry} tail={entry.message === own} view={view} />
            </div>
          ))}
          {last && <Replies message={last} view={view} />}
          {session.typing !== null && (
            <div class="typing" aria-hidden="true">
              <i />
              <i />
              <i />
            </div>
          )}
        </div>
      </div>
      {view.newer && (
        <button type="button" class="newer" onClick={view.toEnd}>
          {words.newer}
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}
