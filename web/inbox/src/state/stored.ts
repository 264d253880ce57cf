/** Values kept in this browser, shared by all who read them. */
import { useSyncExternalStore } from "react";

/** A value under `name` in localStorage; unreadable or missing storage gives `initial`. */
export class Stored<T> {
  private readonly name: string;
  private value: T;
  private listeners = new Set<() => void>();

  constructor(name: string, initial: T) {
    this.name = `switchboard.${name}`;
    this.value = initial;
    try {
      const raw = localStorage.getItem(this.name);
      if (raw !== null) {
        const parsed = JSON.parse(raw) as T;
        this.value = isRecord(initial) && isRecord(parsed) ? { ...initial, ...parsed } : parsed;
      }
    } catch {
      // Storage may be forbidden or hold something else: the initial value stands.
    }
  }

  get = (): T => this.value;

  set(value: T): void {
    this.value = value;
    try {
      localStorage.setItem(this.name, JSON.stringify(value));
    } catch {
      // Kept for this page only.
    }
    for (const listener of this.listeners) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function useStored<T>(stored: Stored<T>): T {
  return useSyncExternalStore(stored.subscribe, stored.get);
}
