/** Files on their way to the hub, before the message that carries them. */
import { useCallback, useRef, useState } from "react";
import { api } from "@/api/calls";
import type { AttachmentRef } from "@/api/types";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";

export interface Upload {
  key: string;
  name: string;
  size: number;
  /** 0..1 */
  share: number;
  attachment: AttachmentRef | null;
  error: string | null;
}

/** The hub takes this many with one message. */
export const MOST_FILES = 10;

export function useUploads(limitBytes: number | undefined) {
  const { t, format } = useI18n();
  const words = useWords();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const aborts = useRef(new Map<string, AbortController>());

  const patch = useCallback((key: string, change: Partial<Upload>) => {
    setUploads((items) => items.map((item) => (item.key === key ? { ...item, ...change } : item)));
  }, []);

  const add = useCallback(
    (files: File[]) => {
      for (const file of files.slice(0, MOST_FILES - uploads.length)) {
        const key = crypto.randomUUID();
        const tooBig = limitBytes !== undefined && limitBytes > 0 && file.size > limitBytes;
        const error = tooBig ? t("upload.too_big", { limit: format.size(limitBytes) }) : null;
        setUploads((items) => [...items, { key, name: file.name, size: file.size, share: 0, attachment: null, error }]);
        if (tooBig) continue;
        const abort = new AbortController();
        aborts.current.set(key, abort);
        api
          .attach(file, (share) => patch(key, { share }), abort.signal)
          .then(
            (attachment) => patch(key, { share: 1, attachment }),
            (fault: unknown) => patch(key, { error: words(fault) }),
          );
      }
    },
    [limitBytes, patch, t, words, format, uploads.length],
  );

  const remove = useCallback((key: string) => {
    aborts.current.get(key)?.abort();
    setUploads((items) => items.filter((item) => item.key !== key));
  }, []);

  const restore = useCallback((attachments: AttachmentRef[]) => {
    setUploads(
      attachments.map((attachment) => ({
        key: attachment.id,
        name: attachment.name,
        size: attachment.size_bytes,
        share: 1,
        attachment,
        error: null,
      })),
    );
  }, []);

  return { uploads, add, remove, restore, clear: useCallback(() => setUploads([]), []) };
}
