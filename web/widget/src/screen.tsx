/** Draws the widget into its shadow root, and does what a tree of elements cannot say: focus, scrolling, sizes. */
import type { Chat } from "./chat";
import { App } from "./components/app";
import { asksFirst } from "./components/form";
import type { View } from "./components/view";
import { type Locale, tables } from "./i18n";
import { render } from "./jsx";
import { parseColour, properties } from "./theme";

/** The widest and lowest screen on which the chat takes all of it. */
const narrowScreen = matchMedia("(max-width: 480px), (max-height: 420px)");
const darkScheme = matchMedia("(prefers-color-scheme: dark)");
/** So near the end, the view follows what comes. */
const followPx = 60;
const fallbackAccent = "#2457d6";

/** As the page's script tag wishes it. */
export interface Look {
  accent?: string;
  theme?: string;
  position?: string;
}

export const isNarrow = () => narrowScreen.matches;

/** Gives the function that draws what the chat is now: once, after the present event. */
export function createScreen(chat: Chat, root: ShadowRoot, look: Look, locale: () => Locale): () => void {
  const page = document.documentElement.style;
  const viewport = window.visualViewport;
  let waiting = false;
  let focused: Element | null | undefined;
  let newest: unknown;
  let observed: Element | null = null;
  let refused: unknown;
  let overflow: string | undefined;
  let second: number | undefined;
  const ref = () => ({ current: null });
  const view: View = {
    chat,
    words: tables.en,
    locale: "en",
    narrow: false,
    draft: "",
    answers: {},
    faults: {},
    ticked: [],
    dragging: false,
    newer: false,
    following: true,
    broken: new Set(),
    panel: ref(),
    launcher: ref(),
    scroller: ref(),
    content: ref(),
    writing: ref(),
    picker: ref(),
    form: ref(),
    draw,
    scrolled,
    toEnd,
  };
  // Pictures that load, a keyboard that comes up and a composer that grows all move the end.
  const sizes = new ResizeObserver(() => view.following && toEnd());

  function toEnd(): void {
    const box = view.scroller.current;
    if (box) box.scrollTop = box.scrollHeight;
  }

  function scrolled(): void {
    const box = view.scroller.current;
    if (!box?.isConnected) return;
    view.following = box.scrollHeight - box.scrollTop - box.clientHeight < followPx;
    noteSeen();
  }

  /** What is at the end is before the visitor's eyes, if the end is. */
  function noteSeen(): void {
    if (!chat.open || !view.following || document.visibilityState !== "visible") return;
    chat.looked();
    if (view.newer) draw();
    view.newer = false;
  }

  function draw(): void {
    if (!waiting) queueMicrotask(drawNow);
    waiting = true;
  }

  function drawNow(): void {
    waiting = false;
    const { session, open } = chat;
    const inside = root.activeElement;
    view.locale = locale();
    view.words = tables[view.locale];
    view.narrow = isNarrow();
    prepareForm();
    const dark = look.theme === "dark" || (look.theme !== "light" && darkScheme.matches);
    const accent = parseColour(look.accent) ?? parseColour(session.config?.accent) ?? parseColour(fallbackAccent) ?? [];
    for (const [name, value] of Object.entries(properties(accent, dark)))
      (root.host as HTMLElement).style.setProperty(name, value);
    const classes = `${dark ? "dark" : ""} ${look.position === "left" ? "left" : ""} ${view.narrow ? "narrow" : ""}`;
    render(<App view={view} classes={classes} />, root);
    fit();
    moveFocus(open, inside);
    if (open) follow();
    clearTimeout(second);
    if (session.outbox.some((item) => (item.notBefore ?? 0) > Date.now())) second = setTimeout(draw, 1000);
  }

  /** What was typed before the form came, and what the hub refused, goes (back) into the form. */
  function prepareForm(): void {
    if (!asksFirst(chat.session)) return;
    view.answers = { ...chat.facts, ...view.answers };
    if (view.draft) view.answers.message = view.draft;
    view.draft = "";
    const item = chat.session.outbox[0];
    if (!item || item === refused) return;
    refused = item;
    view.answers = { ...view.answers, ...item.form, message: item.text };
    view.faults = { ...item.fault?.fields };
  }

  /** Into the panel when a person opens it, on with a form that comes or goes, and back to the launcher. */
  function moveFocus(open: boolean, inside: Element | null): void {
    const panel = view.panel.current;
    // On a phone the keyboard would cover what there is to read: there the panel itself takes the focus.
    const target = !open
      ? null
      : view.narrow
        ? panel
        : panel?.querySelector<HTMLElement>(".ask input,.ask select,textarea");
    if (target && target !== focused && (inside || (!focused && chat.asked))) target.focus({ preventScroll: true });
    if (!target && focused && inside) view.launcher.current?.focus({ preventScroll: true });
    focused = target;
  }

  function follow(): void {
    const { writing, scroller, content } = view;
    const box = writing.current;
    if (box) {
      box.style.height = "auto";
      box.style.height = `${box.scrollHeight}px`;
    }
    if (scroller.current && content.current && observed !== content.current) {
      observed = content.current;
      sizes.observe(scroller.current);
      sizes.observe(observed);
      view.following = true;
    }
    const pending = chat.session.outbox.at(-1)?.id;
    const end = pending ?? chat.session.messages.at(-1)?.position;
    view.following ||= !!pending && end !== newest;
    if (view.following) toEnd();
    else if (end !== newest) {
      view.newer = true;
      draw();
    }
    newest = end;
    noteSeen();
  }

  /** On a phone the keyboard covers the page without changing its height; the visual viewport tells what is left. */
  function fit(): void {
    const covers = chat.open && view.narrow;
    if (covers === (overflow === undefined)) {
      const before = page.overflow;
      page.overflow = overflow ?? "hidden";
      overflow = covers ? before : undefined;
    }
    const style = view.panel.current?.style;
    style?.setProperty("--height", `${viewport?.height}px`);
    style?.setProperty("--top", `${viewport?.offsetTop}px`);
  }

  for (const screen of [narrowScreen, darkScheme]) screen.addEventListener("change", draw);
  for (const name of ["resize", "scroll"]) viewport?.addEventListener(name, fit);
  for (const name of ["online", "offline"]) addEventListener(name, draw);
  document.addEventListener("visibilitychange", noteSeen);
  return draw;
}
