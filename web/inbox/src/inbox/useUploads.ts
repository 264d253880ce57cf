/** The files of the message that is being written. */
import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { AttachmentRef } from "@/api/types";
import { useI18n } from "@/i18n";
import { useUploadsOfTab } from "@/state/ComposingProvider";
import { toast } from "@/state/toasts";
import { MOST_FILES } from "@/state/uploads";

export function useUploads(conversation: string, limitBytes: number | undefined) {
  const { t } = useI18n();
  const store = useUploadsOfTab();
  const uploads = useSyncExternalStore(store.subscribe, () => store.of(conversation));
  const add = useCallback(
    (files: File[]) => {
      const left = store.add(conversation, files, limitBytes);
      if (left > 0) toast("bad", t("upload.too_many", { most: MOST_FILES, n: left }));
    },
    [store, conversation, limitBytes, t],
  );
  const rest = useMemo(
    () => ({
      remove: (key: string) => store.remove(conversation, key),
      retry: (key: string) => store.retry(conversation, key),
      restore: (attachments: AttachmentRef[]) => store.restore(conversation, attachments),
      clear: () => store.clear(conversation),
    }),
    [store, conversation],
  );
  return { uploads, add, ...rest };
}
