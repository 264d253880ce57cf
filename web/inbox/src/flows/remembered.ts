/** Small choices that this browser remembers. */

export function readStored(name: string): string | null {
  try {
    return localStorage.getItem(`switchboard.flows.${name}`);
  } catch {
    return null;
  }
}

export function store(name: string, value: string): void {
  try {
    localStorage.setItem(`switchboard.flows.${name}`, value);
  } catch {
    // Private windows may forbid it; the choice then lasts as long as the page.
  }
}
