/** Waits between tries that can be ended early, as when the line is back. */
export class Pauses {
  private wakers = new Set<() => void>();

  /** Over after `waitMs`, or at the next `end`. */
  wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.wakers.add(done);
    });
  }

  /** Ends all waits. */
  end(): void {
    for (const waker of [...this.wakers]) waker();
  }
}
