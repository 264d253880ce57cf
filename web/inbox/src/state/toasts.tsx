/** Short notes at the edge of the screen: what failed, what was done. */
import { useSyncExternalStore } from "react";
import { useI18n } from "@/i18n";
import styles from "@/state/toasts.module.css";
import { IconAlertCircle, IconCircleCheck, IconX } from "@/ui/icons";

interface Toast {
  id: number;
  kind: "good" | "bad";
  text: string;
}

const SHOWN_MS = { good: 4_000, bad: 9_000 };
const listeners = new Set<() => void>();
let toasts: Toast[] = [];
let count = 0;

function publish(next: Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function toast(kind: Toast["kind"], text: string): void {
  const id = ++count;
  publish([...toasts.slice(-2), { id, kind, text }]);
  setTimeout(() => dismiss(id), SHOWN_MS[kind]);
}

function dismiss(id: number): void {
  publish(toasts.filter((item) => item.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const { t } = useI18n();
  const items = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section className={styles.stack} aria-live="polite" aria-label={t("toasts")}>
      {items.map((item) => (
        <div key={item.id} className={styles.toast} data-kind={item.kind}>
          {item.kind === "bad" ? <IconAlertCircle size={18} /> : <IconCircleCheck size={18} />}
          <p>{item.text}</p>
          <button type="button" aria-label={t("close")} onClick={() => dismiss(item.id)}>
            <IconX size={16} />
          </button>
        </div>
      ))}
    </section>
  );
}
