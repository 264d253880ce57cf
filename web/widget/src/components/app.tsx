/** Launcher and panel. */
import { Icon } from "./icons";
import { Panel } from "./panel";
import type { InView } from "./view";

/** `classes`: colour scheme, side and width of the screen. */
export function App({ view, classes }: { classes: string } & InView) {
  const { chat, words, narrow, locale } = view;
  const { open } = chat;
  const unread = open ? 0 : chat.unread();
  return (
    <div class={`switchboard ${classes}`} lang={locale}>
      {open && <Panel view={view} />}
      {!(open && narrow) && (
        <button
          ref={view.launcher}
          type="button"
          class={open ? "launcher opened" : "launcher"}
          aria-label={open ? words.close : unread ? `${words.open}: ${unread} ${words.unread}` : words.open}
          aria-expanded={open}
          onClick={open ? chat.hide : chat.show}
        >
          <Icon name="chat" />
          <Icon name="down" />
          {unread > 0 && <span class="badge">{unread > 9 ? "9+" : unread}</span>}
        </button>
      )}
    </div>
  );
}
