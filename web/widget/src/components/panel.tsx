/** The open chat: heading, state of the line, messages or the first form, composer. */

import type { Invitation } from "../protocol";
import { Composer } from "./composer";
import { asksFirst, FirstForm } from "./form";
import { Icon } from "./icons";
import { outside } from "./message";
import { Thread } from "./thread";
import type { InView } from "./view";

/** Keeps Tab inside while the chat covers the whole screen. */
function keepInside(event: KeyboardEvent, panel: HTMLElement): void {
  const stops = [
    ...panel.querySelectorAll<HTMLElement>('[href],button,input:not([hidden]),select,textarea,[tabindex="0"]'),
  ];
  const first = event.shiftKey ? stops.at(-1) : stops[0];
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  const active = (panel.getRootNode() as ShadowRoot).activeElement;
  if (active !== edge && active !== panel) return;
  event.preventDefault();
  first?.focus();
}

/** Where the visitor can go on: a phone follows the link; another screen also shows it to a phone's camera. */
function Elsewhere({ to, view }: { to: Invitation } & InView) {
  return (
    <a class="more" href={to.url} {...outside}>
      {to.label}
      {!view.narrow && <img src={view.chat.address(to.qr)} alt="" />}
    </a>
  );
}

export function Panel({ view }: InView) {
  const { chat, words, narrow } = view;
  const { config, online, known, up, typing } = chat.session;
  const form = asksFirst(chat.session);
  const drag = (event: DragEvent, over: boolean) => {
    if (form || !config?.uploads) return;
    event.preventDefault();
    view.dragging = over;
    view.draw();
  };
  return (
    <div
      class="panel"
      ref={view.panel}
      role="dialog"
      aria-modal={narrow}
      aria-label={words.chat}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.isComposing) chat.hide();
        if (event.key === "Tab" && narrow) keepInside(event, event.currentTarget);
      }}
      onDragOver={(event) => drag(event, true)}
      onDragLeave={(event) => drag(event, false)}
      onDrop={(event) => {
        drag(event, false);
        if (!form) chat.attach(event.dataTransfer?.files ?? []);
      }}
    >
      <div class="head">
        <div>
          <h2>{config?.title || words.chat}</h2>
          <p>
            <i class={known && online ? "dot on" : "dot"} />
            {!known ? "" : online ? config?.subtitle || words.online : words.away}
          </p>
        </div>
        <button type="button" class="icon" aria-label={words.close} title={words.close} onClick={chat.hide}>
          <Icon name={narrow ? "close" : "down"} />
        </button>
      </div>
      <div class="line" role="status">
        {!up && (chat.failures() > 0 || !navigator.onLine) && <p>{chat.barred ? words.barred : words.lost}</p>}
      </div>
      {form ? <FirstForm view={view} /> : <Thread view={view} />}
      {config?.elsewhere && <Elsewhere to={config.elsewhere} view={view} />}
      <div class="unseen" role="status">
        {typing !== null && `${typing || words.operator} ${words.typing}`}
      </div>
      {!form && !chat.barred && <Composer view={view} />}
      {view.dragging && <div class="drop">{words.drop}</div>}
    </div>
  );
}
