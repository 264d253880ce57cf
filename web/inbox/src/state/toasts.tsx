/** Short notes at the edge of the screen: what failed, what was done. */
import { useSyncExternalStore } from "react";
import { useI18n } from "@/i18n";
import styles from "@/state/toasts.module.css";
import { IconAlertCircle, IconCircleCheck, IconX } from "@/ui/icons";

interface Toast {
  id: number;
  kind: "good" | "bad";
  text: string;
  action?: ToastAction | undefined;
}

/** What can be done about it, at the click of a button. */
export interface ToastAction {
  label: string;
  run: () => void;
}

const SHOWN_MS = { good: 4_000, bad: 9_000 };
/** Whoever has something to press needs the time to reach it. */
const SHOWN_TO_ACT_MS = 20_000;
const listeners = new Set<() => void>();
let toasts: Toast[] = [];
let count = 0;

function publish(next: Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Show a note; its id, to take it away with. */
export function toast(kind: Toast["kind"], text: string, action?: ToastAction): number {
  const id = ++count;
  publish([...toasts.slice(-2), { id, kind, text, action }]);
  setTimeout(() => dismiss(id), action ? SHOWN_TO_ACT_MS : SHOWN_MS[kind]);
  return id;
}

export function dismiss(id: number): void {
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
          <p>
            {item.text}
            {item.action ? (
              <button
                type="button"
                className={styles.action}
                onClick={() => {
                  dismiss(item.id);
                  item.action?.run();
                }}
              >
                {item.action.label}
              </button>
            ) : null}
          </p>
          <button type="button" className={styles.close} aria-label={t("close")} onClick={() => dismiss(item.id)}>
            <IconX size={16} />
          </button>
        </div>
      ))}
    </section>
  );
}
