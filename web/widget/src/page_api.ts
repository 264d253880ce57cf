/** `window.switchboard`: what the page around the widget may ask of it. */
import type { Chat } from "./chat";

/** A call as a list, such as `['open']`: what a page may leave in `window.switchboard` before the script is there. */
export type Call = [name: string, ...values: unknown[]];

export function pageApi(chat: Chat, setLocale: (tag: string) => void) {
  const { show: open, hide: close, identify, setFields, reset, on } = chat;
  const calls = {
    open,
    close,
    toggle: () => (chat.open ? close() : open()),
    identify,
    setFields,
    setLocale,
    reset,
    on,
  };
  return {
    ...calls,
    /** Takes queued calls also later, so that a page need not know whether the script has come. */
    push(...queue: Call[]): void {
      for (const [name, ...values] of queue)
        try {
          (calls[name as "open"] as (...values: unknown[]) => void)(...values);
        } catch (fault) {
          reportError(fault); // and the rest of the queue, and the chat, go on
        }
    },
  };
}
