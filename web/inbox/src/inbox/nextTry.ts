/** When a message that waits for its service is tried again. */
import type { Delivery } from "@/api/types";

const SAID_FROM_MS = 30_000;

/** When it, or its copies, are tried again, where that is so long after now that somebody may wonder. */
export function nextTry(delivery: Delivery, now = Date.now()): string | null {
  const copies = delivery.copies?.trying ? null : delivery.copies?.due_at;
  const due = delivery.status === "queued" ? delivery.due_at : copies;
  return due && Date.parse(due) > now + SAID_FROM_MS ? due : null;
}
