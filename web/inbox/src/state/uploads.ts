/** Files on their way to the hub, of each conversation apart: they go on while another one is looked at. */
import { ApiError } from "@/api/client";
import type { AttachmentRef } from "@/api/types";

export interface Upload {
  key: string;
  name: string;
  size: number;
  /** 0..1 */
  share: number;
  attachment: AttachmentRef | null;
  /** Why it has not come to the hub. */
  error: unknown;
  /** To try it again with; null where that would change nothing. */
  file: File | null;
}

export type Attach = (file: File, onProgress: (share: number) => void, signal: AbortSignal) => Promise<AttachmentRef>;

/** The hub takes this many with one message. */
export const MOST_FILES = 10;
const NOTHING: Upload[] = [];

/** A file that is larger than the channel takes. */
export class TooBig extends Error {}

export class Uploads {
  private readonly attach: Attach;
  private byConversation = new Map<string, Upload[]>();
  private aborts = new Map<string, AbortController>();
  private listeners = new Set<() => void>();

  constructor(attach: Attach) {
    this.attach = attach;
  }

  of(conversation: string): Upload[] {
    return this.byConversation.get(conversation) ?? NOTHING;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Begin to upload; how many of them were too many for one message. `limitBytes` 0 or undefined: of any size. */
  add(conversation: string, files: File[], limitBytes: number | undefined): number {
    const taken = files.slice(0, Math.max(0, MOST_FILES - this.of(conversation).length));
    const begun = taken.map((file): Upload => {
      const tooBig = limitBytes !== undefined && limitBytes > 0 && file.size > limitBytes;
      const { name, size } = file;
      const state = tooBig ? { error: new TooBig(), file: null } : { error: null, file };
      return { key: crypto.randomUUID(), name, size, share: 0, attachment: null, ...state };
    });
    this.set(conversation, [...this.of(conversation), ...begun]);
    for (const { key, file } of begun) if (file) void this.bring(conversation, key, file);
    return files.length - taken.length;
  }

  retry(conversation: string, key: string): void {
    const file = this.of(conversation).find((item) => item.key === key)?.file;
    if (file) void this.bring(conversation, key, file);
  }

  remove(conversation: string, key: string): void {
    this.aborts.get(key)?.abort();
    this.set(
      conversation,
      this.of(conversation).filter((item) => item.key !== key),
    );
  }

  /** What a message that was taken back carried, before what is there. */
  restore(conversation: string, attachments: AttachmentRef[]): void {
    const back = attachments.map((attachment): Upload => {
      const { id: key, name, size_bytes: size } = attachment;
      return { key, name, size, share: 1, attachment, error: null, file: null };
    });
    this.set(conversation, [...back, ...this.of(conversation)].slice(0, MOST_FILES));
  }

  clear(conversation: string): void {
    this.set(conversation, []);
  }

  private async bring(conversation: string, key: string, file: File): Promise<void> {
    const abort = new AbortController();
    this.aborts.set(key, abort);
    const patch = (change: Partial<Upload>) =>
      this.set(
        conversation,
        this.of(conversation).map((item) => (item.key === key ? { ...item, ...change } : item)),
      );
    patch({ share: 0, error: null });
    try {
      const attachment = await this.attach(file, (share) => patch({ share }), abort.signal);
      patch({ share: 1, attachment, file: null });
    } catch (error) {
      patch({ error, ...(error instanceof ApiError && !error.passing ? { file: null } : {}) });
    } finally {
      this.aborts.delete(key);
    }
  }

  private set(conversation: string, uploads: Upload[]): void {
    if (uploads.length > 0) this.byConversation.set(conversation, uploads);
    else this.byConversation.delete(conversation);
    for (const listener of this.listeners) listener();
  }
}
