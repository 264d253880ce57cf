/** Where replies and notes are written. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import {
  type ClipboardEvent,
  type DragEvent,
  forwardRef,
  type KeyboardEvent,
  useCallback,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { ConversationDetail, Draft } from "@/api/types";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { useAnswerWindow } from "@/inbox/answerWindow";
import { CannedPopup, useCanned } from "@/inbox/CannedPopup";
import styles from "@/inbox/Composer.module.css";
import { Copies, useCopies } from "@/inbox/Copies";
import { NewerWarning, useNewer } from "@/inbox/NewerWarning";
import { UploadChips } from "@/inbox/UploadChips";
import { useDraft } from "@/inbox/useDraft";
import { useUploads } from "@/inbox/useUploads";
import { useOutbox } from "@/state/OutboxProvider";
import type { Pending } from "@/state/outbox";
import { preferences } from "@/state/preferences";
import { useStored } from "@/state/stored";
import { IconBolt, IconPaperclip, IconSend2 } from "@/ui/icons";

export interface ComposerHandle {
  focus: (direction: Draft["direction"]) => void;
  /** Take back what could not be sent. */
  restore: (pending: Pending) => void;
}

interface Props {
  detail: ConversationDetail;
  onTyping: (typing: boolean) => void;
}

const STILL_TYPING_MS = 5_000;

export const Composer = forwardRef<ComposerHandle, Props>(function Composer({ detail, onTyping }, ref) {
  const { t, format } = useI18n();
  const me = useMe().operator.id;
  const answering = useAnswerWindow(detail);
  const { enterSends } = useStored(preferences);
  const outbox = useOutbox();
  const { draft, late, change: setDraft } = useDraft(detail);
  const limits = detail.channel_detail.capabilities;
  const files = useUploads(detail.id, limits?.attachment_bytes);
  const choose = useCallback((chosen: string[]) => setDraft({ copies: chosen }), [setDraft]);
  const copies = useCopies(detail, draft.copies, choose);
  const [over, setOver] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const popup = useId();
  const note = draft.direction === "note";
  const composing = draft.text.trim() !== "" || files.uploads.length > 0;
  const newer = useNewer(detail.id, composing && !note, me);

  const write = useCallback((text: string) => setDraft({ text }), [setDraft]);
  const turn = useCallback(
    (direction: Draft["direction"]) => {
      setDraft({ direction });
      const element = area.current;
      if (!element) return;
      if (document.activeElement !== element) element.setSelectionRange(draft.text.length, draft.text.length);
      element.focus();
    },
    [setDraft, draft.text],
  );
  const canned = useCanned(area, draft.text, write);
  useTyping(draft, onTyping);
  useGrowing(area, draft.text);

  useImperativeHandle(
    ref,
    () => ({
      focus: turn,
      restore: (pending) => {
        setDraft({
          text: [pending.text, draft.text].filter(Boolean).join("\n"),
          direction: pending.direction,
          copies: pending.copies ?? [],
        });
        files.restore(pending.attachments);
        newer.accept();
        area.current?.focus();
      },
    }),
    [turn, setDraft, draft.text, files.restore, newer.accept],
  );

  const failed = files.uploads.filter((item) => item.error !== null).length;
  const uploading = files.uploads.some((item) => !item.attachment && item.error === null);
  const attachments = files.uploads.flatMap((item) => (item.attachment ? [item.attachment] : []));
  const text = draft.text.trim();
  const over_limit = limits?.text_limit && !note ? text.length - limits.text_limit : 0;
  const complete = !uploading && failed === 0;
  const ready = (text !== "" || attachments.length > 0) && complete && over_limit <= 0 && (note || !answering.closed);

  const trouble = [
    over_limit > 0 && t("composer.too_long", { n: over_limit }),
    failed > 0 && t("composer.failed_files", { n: failed }),
    late && t("composer.not_saved"),
  ].find((said) => said);

  const send = () => {
    if (!ready) return;
    outbox.send({
      conversation: detail.id,
      text,
      attachments,
      copies: note ? [] : copies.chosen,
      direction: draft.direction,
      seenPosition: newer.seen,
    });
    setDraft({ text: "" });
    files.clear();
    if (!note) copies.clear();
    area.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || canned.onKeyDown(event)) return;
    if (event.key === "Escape") area.current?.blur();
    if (event.key !== "Enter") return;
    const mod = event.ctrlKey || event.metaKey;
    if (mod || (enterSends && !event.shiftKey && !event.altKey)) {
      event.preventDefault();
      send();
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = [...event.clipboardData.files];
    if (pasted.length === 0) return;
    event.preventDefault();
    files.add(pasted);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    files.add([...event.dataTransfer.files]);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way, the button beside does the same
    <div
      className={styles.composer}
      data-note={note || undefined}
      data-over={over || undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <NewerWarning newer={newer} />
      <div className={styles.box}>
        <CannedPopup canned={canned} id={popup} />
        <fieldset className={styles.modes} aria-label={t("composer.mode")}>
          <button type="button" aria-pressed={!note} onClick={() => turn("out")}>
            {t("composer.reply")}
          </button>
          <button type="button" aria-pressed={note} onClick={() => turn("note")}>
            {t("composer.note")}
          </button>
          <span className={styles.consequence}>{consequence(detail, note, me, t)}</span>
        </fieldset>
        {!note && answering.closed ? <p className={styles.window}>{t("composer.too_late")}</p> : null}
        {!note && answering.soon && answering.until ? (
          <p className={styles.window}>{t("composer.until", { when: format.full(answering.until) })}</p>
        ) : null}
        {copies.able && !note ? <Copies copies={copies} /> : null}
        <textarea
          ref={area}
          className={styles.text}
          value={draft.text}
          rows={1}
          onChange={(event) => write(event.currentTarget.value)}
          onSelect={canned.onSelect}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={canned.close}
          placeholder={t(note ? "composer.note_placeholder" : "composer.reply_placeholder")}
          aria-label={t(note ? "composer.note_label" : "composer.reply_label")}
          aria-autocomplete="list"
          aria-controls={canned.open ? popup : undefined}
          aria-activedescendant={canned.open ? `${popup}-${canned.active}` : undefined}
          enterKeyHint={enterSends ? "send" : "enter"}
        />
        <UploadChips
          uploads={files.uploads}
          limitBytes={limits?.attachment_bytes}
          remove={files.remove}
          retry={files.retry}
        />
        <div className={styles.bar}>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={(event) => {
              files.add([...(event.currentTarget.files ?? [])]);
              event.currentTarget.value = "";
            }}
          />
          <Tooltip label={t("composer.attach")}>
            <ActionIcon size="lg" aria-label={t("composer.attach")} onClick={() => picker.current?.click()}>
              <IconPaperclip size={18} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t("composer.canned")}>
            <ActionIcon
              size="lg"
              aria-label={t("composer.canned")}
              onMouseDown={(event) => event.preventDefault()}
              onClick={canned.begin}
            >
              <IconBolt size={18} />
            </ActionIcon>
          </Tooltip>
          <span className={styles.hint} role="status" data-trouble={trouble ? true : undefined}>
            {trouble || t(enterSends ? "composer.hint_enter" : "composer.hint_mod")}
          </span>
          <Button
            onClick={send}
            disabled={!ready}
            leftSection={<IconSend2 size={16} />}
            className={styles.send ?? ""}
            loading={uploading}
          >
            {t(note ? "composer.add_note" : "composer.send")}
          </Button>
        </div>
      </div>
    </div>
  );
});

function consequence(
  detail: ConversationDetail,
  note: boolean,
  me: string,
  t: ReturnType<typeof useI18n>["t"],
): string {
  if (note) return t("composer.note_private");
  if (detail.assignee && detail.assignee !== me) return t("composer.someone_elses");
  if (detail.control !== "operator") return t("composer.takes_over");
  return "";
}

/** Colleagues and the visitor see typing while a reply, not a note, is being written. */
function useTyping(draft: Draft, onTyping: (typing: boolean) => void): void {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    if (draft.direction === "note" || draft.text === "") {
      onTyping(false);
      return;
    }
    onTyping(true);
    const timer = setTimeout(() => onTyping(false), STILL_TYPING_MS);
    return () => clearTimeout(timer);
  }, [draft.text, draft.direction, onTyping]);
}

function useGrowing(area: React.RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [area, text]);
}
