/** The newest changes, so that an answer that was on its way while they came can be brought up to date. */
import type { Change } from "@/live/changes";

const KEPT = 2_000;

export class Journal {
  private changes: Change[] = [];
  private dropped = 0;

  /** The place from which `since` gives what came later. */
  mark(): number {
    return this.dropped + this.changes.length;
  }

  add(change: Change): void {
    this.changes.push(change);
    if (this.changes.length > KEPT) {
      this.dropped += this.changes.length - KEPT;
      this.changes = this.changes.slice(-KEPT);
    }
  }

  /** What came after `mark`, or null when that is no longer known: read again. */
  since(mark: number): Change[] | null {
    return mark < this.dropped ? null : this.changes.slice(mark - this.dropped);
  }
}
