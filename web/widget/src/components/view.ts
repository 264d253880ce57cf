/** What every component of the widget is given: the chat, the words, and the state of the screen itself. */
import type { RefObject } from "preact";
import type { Chat } from "../chat";
import type { Locale, Words } from "../i18n";
import type { FormValues } from "../protocol";

export interface View {
  chat: Chat;
  words: Words;
  locale: Locale;
  /** The chat takes the whole screen, as on a phone. */
  narrow: boolean;
  draft: string;
  /** The first form: its answers, and per field the name of the sentence that says what is wrong. */
  answers: FormValues;
  faults: FormValues;
  /** Values of the buttons that are ticked where several may be. */
  ticked: string[];
  /** A file is held over the panel. */
  dragging: boolean;
  /** There are newer messages than those in sight. */
  newer: boolean;
  /** The thread's end is in sight and stays there. */
  following: boolean;
  /** Pictures that could not be shown. */
  broken: Set<string>;
  panel: RefObject<HTMLDivElement | null>;
  launcher: RefObject<HTMLButtonElement | null>;
  scroller: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  writing: RefObject<HTMLTextAreaElement | null>;
  picker: RefObject<HTMLInputElement | null>;
  form: RefObject<HTMLFormElement | null>;
  /** Draws after the present event. */
  draw: () => void;
  /** Scrolls to the newest message. */
  toEnd: () => void;
  scrolled: () => void;
}

export type InView = { view: View };
