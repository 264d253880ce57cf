/** Initials on a colour that stays the same for the same person. */
import styles from "@/ui/Avatar.module.css";
import { IconRobot } from "@/ui/icons";

const HUES = 8;

/** A number 0..7 that a text always gives again. */
export function hueOf(text: string): number {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  return (hash >>> 0) % HUES;
}

/** One or two letters: of the first and the last word. */
export function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const first = words[0] ?? "?";
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  return ((Array.from(first)[0] ?? "") + (Array.from(last)[0] ?? "")).toLocaleUpperCase();
}

interface Props {
  name: string;
  seed?: string;
  size?: "sm" | "md" | "lg";
  bot?: boolean;
}

/** Decoration: the name always stands beside it. */
export function Avatar({ name, seed, size = "md", bot = false }: Props) {
  return (
    <span className={styles.avatar} data-size={size} data-hue={bot ? "bot" : hueOf(seed ?? name)} aria-hidden>
      {bot ? <IconRobot size={16} stroke={1.75} /> : initialsOf(name)}
    </span>
  );
}
