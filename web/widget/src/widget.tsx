/** The script a page includes: reads its own tag, puts the chat into a shadow root and offers `window.switchboard`. */
import { createChat } from "./chat";
import { pickLocale } from "./i18n";
import { type Call, pageApi } from "./page_api";
import { createScreen, isNarrow } from "./screen";
import css from "./widget.css?inline";

const host = "switchboard-chat";

function start(script: HTMLScriptElement | null): void {
  const { src = "", dataset } = script ?? {};
  if (!dataset?.channel) throw Error("The chat's tag needs data-channel");
  if (document.querySelector(host)) return; // a second tag would make a second chat
  const element = document.createElement(host);
  const root = element.attachShadow({ mode: "open" });
  // Nothing of the page's style may come in, not even what it says about unknown elements.
  element.style.setProperty("all", "initial", "important");
  // A page's `style-src` does not reach a constructed sheet.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  // Beside the body, which pages replace, transform, and lay out: a chat inside would go, move, or take part.
  document.documentElement.append(element);
  // What is typed here is nobody's shortcut outside.
  for (const name of ["down", "press", "up"]) root.addEventListener(`key${name}`, (event) => event.stopPropagation());

  let tag = dataset.locale;
  const locale = () => pickLocale([tag, document.documentElement.lang, ...navigator.languages]);
  const draw = () => screen();
  const chat = createChat(new URL(".", src).href, dataset.channel, locale, draw);
  const screen = createScreen(chat, root, dataset, locale);
  const page = window as { switchboard?: unknown };
  const before = page.switchboard;
  const api = pageApi(chat, (next) => {
    tag = next;
    draw();
  });
  page.switchboard = api;
  draw();
  if (Array.isArray(before)) api.push(...(before as Call[]));
  chat.boot(isNarrow());
}

const script = (document.currentScript ?? document.querySelector("script[data-channel]")) as HTMLScriptElement | null;
if (document.body) start(script);
else addEventListener("DOMContentLoaded", () => start(script));
