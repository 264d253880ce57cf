/** A dialog as Telegram, the web chat or an e-mail shows it. */
import { ActionIcon } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { durationIn, type FlowT, useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Preview.module.css";
import { type Line, rowsOf } from "@/flows/transcript";
import type { Effect, Mode, Preview, PreviewEvent } from "@/flows/types";
import { IconClock, IconSend2 } from "@/ui/icons";

interface Props {
  mode: Mode;
  preview: Preview;
  lines: Line[];
  act: (event: PreviewEvent) => void;
}

export function ChatWindow({ mode, preview, lines, act }: Props) {
  const { t } = useFlowI18n();
  const end = useRef<HTMLDivElement>(null);
  const [text, setText] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is brought into sight
  useEffect(() => {
    const box = end.current?.parentElement;
    if (box) box.scrollTop = box.scrollHeight;
  }, [lines.length]);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    act({ kind: "said", text: text.trim() });
    setText("");
  };
  const asking = lines.findLastIndex((line) => line.from === "bot" && line.prompt !== null);
  const open = lines[asking];
  const request = open?.from === "bot" && !preview.finished ? open.prompt?.request : null;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <div className={styles.lines} role="log" tabIndex={0} aria-label={t("preview.dialog")}>
        {lines.map((line, index) => (
          <LineView key={line.key} line={line} mode={mode} live={index === asking && !preview.finished} act={act} />
        ))}
        <div ref={end} />
      </div>
      {request === "file" || request === "phone" || request === "location" ? (
        <button type="button" className={styles.sample} onClick={() => act({ kind: "said", sample: request })}>
          {t(`preview.sample_${request}`)}
        </button>
      ) : null}
      <form className={styles.write} onSubmit={send}>
        {mode === "email" ? (
          <textarea
            aria-label={t("preview.answer")}
            placeholder={t("preview.reply")}
            rows={2}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        ) : (
          <input
            aria-label={t("preview.answer")}
            placeholder={t("preview.message")}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        <ActionIcon type="submit" size="lg" variant="subtle" color="blue" aria-label={t("preview.send")}>
          <IconSend2 size={18} />
        </ActionIcon>
      </form>
    </>
  );
}

interface LineProps {
  line: Line;
  mode: Mode;
  live: boolean;
  act: (event: PreviewEvent) => void;
}

function LineView({ line, mode, live, act }: LineProps) {
  const { t, locale } = useFlowI18n();
  switch (line.from) {
    case "clock":
      return (
        <p className={styles.clock}>
          <IconClock size={13} aria-hidden /> {t("preview.passed", { time: durationIn(locale, line.seconds) })}
        </p>
      );
    case "note":
      return <p className={styles.effect}>{effectWords(line.effect, t)}</p>;
    case "contact":
      return (
        <div className={styles.said} data-from="contact">
          <p>{line.text}</p>
          {line.mode === mode ? null : <span>{t(`mode.${line.mode}`)}</span>}
        </div>
      );
    case "bot":
      return (
        <div className={styles.said} data-from="bot">
          <p>{line.text}</p>
          {line.prompt && line.prompt.choices.length > 0 && mode !== "email" ? (
            <div className={styles.keys}>
              {rowsOf(line.prompt, mode).map((row) => (
                <div key={row[0]?.value}>
                  {row.map((choice) => (
                    <button
                      key={choice.value}
                      type="button"
                      aria-pressed={line.prompt?.multiple && choice.code !== null ? choice.selected : undefined}
                      data-old={!live || undefined}
                      onClick={() => act({ kind: "said", button: choice.value })}
                    >
                      {choice.label}
                    </button>
                  ))}
                </div>
              ))}
            </div>
          ) : null}
        </div>
      );
  }
}

/** Effects that nobody reads in a dialog, in words: "Stage: engaged". */
export function effectWords({ kind, text }: Effect, t: FlowT): string {
  const known = [
    "set_stage",
    "add_tag",
    "set_field",
    "set_priority",
    "escalate",
    "start_flow",
    "call_back",
    "call_webhook",
  ];
  const plain = ["erase", "opt_out", "record_consent"];
  if (known.includes(kind))
    return t(`effect.${kind}` as "effect.set_stage", { what: text || t("effect.channel_team") });
  if (plain.includes(kind)) return t(`effect.${kind}` as "effect.erase");
  if (kind === "toast") return text;
  return text ? `${kind}: ${text}` : kind;
}
