/** Drafts of replies: when two of them say the same. */
import type { Draft } from "@/api/types";

export function sameDraft(one: Draft | null, other: Draft | null): boolean {
  const words = (draft: Draft | null) => draft && [draft.text, draft.direction, ...draft.copies].join("\n");
  return words(one) === words(other);
}
