/** One message: who, what, files, when, and how far it got. */
import { clock, fileSize } from "../i18n";
import { pieces } from "../links";
import type { Attachment, VisitorMessage } from "../protocol";
import type { Outgoing } from "../session";
import { Icon } from "./icons";
import type { InView } from "./view";

/** What the thread shows in one place: a stored message, or one that is still on its way. */
export interface Entry {
  message: VisitorMessage;
  pending?: Outgoing;
  /** First and last of a row by one author: the first names the author, the last the time. */
  first: boolean;
  last: boolean;
  /** Day mark above, if a new day begins here. */
  day?: string | false;
}

export const outside = { target: "_blank", rel: "noopener noreferrer nofollow" };

/** A text with its addresses as links. */
export function Text({ text }: { text: string }) {
  return (
    <>
      {pieces(text).map((piece, n) =>
        n % 2 ? (
          <a href={piece} {...outside}>
            {piece}
          </a>
        ) : (
          piece
        ),
      )}
    </>
  );
}

function AttachedFile({ file, view }: { file: Attachment } & InView) {
  const { name } = file;
  const url = file.url && view.chat.address(file.url);
  const picture = /^image\/(png|jpe?g|gif|webp)$/.test(file.media_type) && url && !view.broken.has(url);
  return (
    <a class={picture ? "picture" : "file"} href={url} {...outside}>
      {picture ? (
        <img
          src={url}
          alt={name}
          onError={() => {
            view.broken.add(url);
            view.draw();
          }}
        />
      ) : (
        <>
          <Icon name="file" />
          <span class="name">{name}</span>
          <span class="fine">{fileSize(file.size_bytes, view.locale)}</span>
        </>
      )}
    </a>
  );
}

function Failed({ item, view: { chat, words } }: { item: Outgoing } & InView) {
  const { code, detail } = item.fault ?? {};
  return (
    <div class="meta fault">
      <Icon name="alert" />
      <span>
        {words.failed} {words[code as "too_long"] ?? detail}
      </span>
      <button type="button" class="link" onClick={() => chat.retry(item.id)}>
        {words.retry}
      </button>
      <button type="button" class="link" onClick={() => chat.discard(item.id)}>
        {words.remove}
      </button>
    </div>
  );
}

function waiting(item: Outgoing, { chat, words }: InView["view"]): string {
  const left = Math.ceil(((item.notBefore ?? 0) - Date.now()) / 1000);
  return left > 0 ? words.soon(left) : chat.session.up ? words.sending : words.later;
}

/** `tail`: the newest of the visitor's messages, whose state is also written out. */
export function MessageRow({ entry, tail, view }: { entry: Entry; tail: boolean } & InView) {
  const { words, locale, chat } = view;
  const { message, pending, first, last } = entry;
  const { author, at } = message;
  const own = author === "you";
  const name = message.name || words[author];
  const read = message.position <= chat.session.seenByOperator;
  return (
    <div class={`row ${author}${first ? " first" : ""}`}>
      {last && !own && (
        <div class="face" aria-hidden="true">
          {author === "bot" ? <Icon name="bot" /> : name[0]}
        </div>
      )}
      <div class={first && !own ? "fine author" : "unseen"}>{name}</div>
      {message.text && (
        <div class="bubble">
          <Text text={message.text} />
        </div>
      )}
      {message.attachments.map((file) => (
        <AttachedFile key={file.id} file={file} view={view} />
      ))}
      {pending?.state === "failed" ? (
        <Failed item={pending} view={view} />
      ) : (
        <div class={read ? "meta seen" : "meta"}>
          {pending ? waiting(pending, view) : last && <time dateTime={at}>{clock(at, locale)}</time>}
          {own && last && !pending && (
            <>
              <Icon name={read ? "checks" : "check"} />
              <span class={tail ? "" : "unseen"}>{read ? words.read : words.sent}</span>
            </>
          )}
        </div>
      )}
    </div>
  );
}
