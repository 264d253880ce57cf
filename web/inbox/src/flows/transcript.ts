/** What a mode's window shows of a played draft. */
import type { Effect, Mode, Played, Preview, Prompt } from "@/flows/types";

export type Line =
  | { from: "bot"; key: string; text: string; prompt: Prompt | null }
  | { from: "contact"; key: string; text: string; mode: Mode }
  | { from: "clock"; key: string; seconds: number }
  | { from: "note"; key: string; effect: Effect };

/** What the contact did, in words: the label of the button, what was written, or null for the beginning. */
function wordsOf(played: Played, before: Preview["steps"], mode: Mode): string | null {
  const { event } = played;
  if (event.kind === "filled") return Object.values(event.values).flat().map(String).join(", ");
  if (event.kind !== "said") return null;
  if (event.sample) return { file: "sample.pdf", phone: "+7 999 123-45-67", location: "55.75, 37.62" }[event.sample];
  if (event.button === undefined) return event.text ?? "";
  for (const step of [...before].reverse()) {
    for (const effect of [...(step.effects[played.mode] ?? []), ...(step.effects[mode] ?? [])]) {
      const choice = effect.prompt?.choices.find((one) => one.value === event.button);
      if (choice) return choice.label.replace(/^[☐☑] /, "");
    }
  }
  return event.button;
}

/** The lines of one mode, oldest first. A redrawn question takes the place of the one it redraws. */
export function linesOf(preview: Preview, events: Played[], mode: Mode): Line[] {
  const lines: Line[] = [];
  for (const [index, step] of preview.steps.entries()) {
    const played = events[index];
    if (!played) break;
    if (played.event.kind === "wait") lines.push({ from: "clock", key: `${index}`, seconds: played.event.seconds });
    const effects = step.effects[mode] ?? [];
    const redraw = effects.find((effect) => effect.kind === "redraw");
    const words = wordsOf(played, preview.steps.slice(0, index), mode);
    if (words !== null && !redraw) lines.push({ from: "contact", key: `${index}c`, text: words, mode: played.mode });
    for (const [at, effect] of effects.entries()) {
      const key = `${index}.${at}`;
      if (effect.kind === "redraw") redrawn(lines, effect);
      else if (effect.kind === "say") lines.push({ from: "bot", key, text: effect.text, prompt: effect.prompt });
      else if (!SILENT.has(effect.kind)) lines.push({ from: "note", key, effect });
    }
  }
  return lines;
}

/** What belongs to the machinery, not to what an author wants to see. */
const SILENT = new Set(["set_timer", "cancel_timers", "finish"]);

function redrawn(lines: Line[], effect: Effect): void {
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const line = lines[at];
    if (line?.from !== "bot" || line.prompt?.question !== effect.prompt?.question) continue;
    lines[at] = { ...line, prompt: effect.prompt };
    return;
  }
}

/** Buttons in rows, as each mode lays them out. */
export function rowsOf(prompt: Prompt, mode: Mode): Prompt["choices"][] {
  const { choices, type } = prompt;
  const wide = type === "rating" ? 6 : choices.length > 8 ? 2 : type === "yesno" || type === "consent" ? 2 : 1;
  const across = mode === "telegram" ? wide : choices.length;
  const rows: Prompt["choices"][] = [];
  for (let at = 0; at < choices.length; at += across) rows.push(choices.slice(at, at + across));
  return rows;
}
