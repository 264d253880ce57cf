/** Where the visitor writes: text that grows, files by button, drop and paste, and what stands in the way of sending. */
import type { Upload } from "../chat";
import { fileSize } from "../i18n";
import { Icon } from "./icons";
import type { InView } from "./view";

/** The room that is left is told from here on. */
const tellLeft = 200;

function UploadChip({ upload, view }: { upload: Upload } & InView) {
  const { words, locale, chat } = view;
  const { file, share, done, fault } = upload;
  const failed = fault !== undefined;
  return (
    <li class="file">
      <Icon name={failed ? "alert" : "file"} />
      <span class="name">{file.name}</span>
      {failed ? (
        <span class="fault">{words[fault as "empty_file"] ?? words.notUploaded}</span>
      ) : done ? (
        <span class="fine">{fileSize(file.size, locale)}</span>
      ) : (
        <progress value={share} aria-label={file.name} />
      )}
      <button
        type="button"
        class="icon"
        aria-label={`${words.remove} ${file.name}`}
        onClick={() => chat.detach(upload)}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

export function Composer({ view }: InView) {
  const { chat, words, draft, locale } = view;
  const { config } = chat.session;
  const text = draft.trim();
  // The hub counts characters, not UTF-16 units.
  const left = (config?.text_limit ?? Infinity) - [...text].length;
  const ready = (text || chat.attached.length) && left >= 0 && chat.attached.every((upload) => upload.done);
  const send = (event: Event) => {
    event.preventDefault();
    view.writing.current?.focus();
    if (!ready) return;
    view.draft = "";
    chat.say(text);
  };
  return (
    <form class="composer" onSubmit={send}>
      <ul>
        {chat.attached.map((upload) => (
          <UploadChip upload={upload} view={view} />
        ))}
      </ul>
      <div class="fault" role="status">
        {chat.tooMuch
          ? words.limits(fileSize(config?.upload_bytes ?? 0, locale))
          : left < tellLeft && `${words.left} ${left}`}
      </div>
      <div class="box">
        {config?.uploads && (
          <>
            <input
              ref={view.picker}
              type="file"
              multiple
              hidden
              onChange={({ currentTarget }) => {
                chat.attach(currentTarget.files ?? []);
                currentTarget.value = ""; // the same file may be chosen again
              }}
            />
            <button
              type="button"
              class="icon"
              aria-label={words.attach}
              title={words.attach}
              onClick={() => view.picker.current?.click()}
            >
              <Icon name="clip" />
            </button>
          </>
        )}
        <textarea
          ref={view.writing}
          rows={1}
          value={draft}
          placeholder={words.write}
          aria-label={words.write}
          inputmode={chat.session.messages.at(-1)?.ask?.keyboard}
          enterkeyhint="send"
          onInput={({ currentTarget }) => {
            view.draft = currentTarget.value;
            chat.typed();
            view.draw();
          }}
          onKeyDown={(event) => {
            // While an input method composes, this Enter is its own.
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
          }}
          onPaste={({ clipboardData }) => chat.attach(clipboardData?.files ?? [])}
        />
        <button type="submit" class="icon send" aria-disabled={!ready} aria-label={words.send} title={words.send}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
