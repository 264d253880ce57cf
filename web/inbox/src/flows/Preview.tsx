/** The draft, played: one session seen as Telegram, web chat, e-mail, form and call script at once. */
import { ActionIcon, Menu, NativeSelect, Tooltip } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { PHONE, useMedia } from "@/app/media";
import { flowApi } from "@/flows/calls";
import { type Files, sourcesOf } from "@/flows/draft";
import { durationIn, type FlowT, useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Preview.module.css";
import { ChatWindow } from "@/flows/PreviewChat";
import { FormWindow } from "@/flows/PreviewForm";
import { Problems } from "@/flows/ProblemList";
import { readStored, store } from "@/flows/remembered";
import { linesOf } from "@/flows/transcript";
import { MODES, type Mode, type Played, type PreviewEvent, type Problem, type Preview as Shown } from "@/flows/types";
import { useWords } from "@/i18n/words";
import { IconArrowBackUp, IconClock, IconFileText, IconPhone, IconRotateClockwise } from "@/ui/icons";
import { ChannelIcon } from "@/ui/parts";

const PLAY_AFTER_MS = 350;
const WAITS = [30 * 60, 2 * 3_600, 86_400, 3 * 86_400] as const;

interface Props {
  flow: string;
  files: Files;
  own: string;
  langs: string[];
  /** All modes side by side; else one at a time. */
  wide: boolean;
  onProblem: (problem: Problem) => void;
}

function fresh(): { startedAt: string; events: Played[] } {
  return { startedAt: new Date().toISOString(), events: [{ mode: "telegram", event: { kind: "begin" } }] };
}

/** The whole play is sent each time and played again: so the window always shows the text as it is now. */
function usePlay(flow: string, files: Files, own: string, lang: string | null) {
  const words = useWords();
  const [play, setPlay] = useState(fresh);
  const [shown, setShown] = useState<{ preview: Shown; events: Played[] } | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [failed, setFailed] = useState<string | null>(null);
  const [asked, setAsked] = useState(files);
  useEffect(() => {
    const abort = new AbortController();
    const ask = async () => {
      setAsked(files);
      const body = { flow, sources: sourcesOf(files, own), lang, started_at: play.startedAt, events: play.events };
      try {
        const preview = await flowApi.preview(body, abort.signal);
        if (abort.signal.aborted) return;
        setFailed(null);
        setProblems(preview.problems.filter((problem) => problem.severity === "error"));
        if (preview.steps.length > 0) setShown({ preview, events: play.events });
      } catch (error) {
        if (!abort.signal.aborted) setFailed(words(error));
      }
    };
    // What was typed waits a moment; what was pressed does not.
    const timer = setTimeout(() => void ask(), files === asked ? 0 : PLAY_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [flow, files, own, lang, play, words, asked]);
  return {
    shown,
    problems,
    failed,
    act: (mode: Mode, event: PreviewEvent) =>
      setPlay((known) => ({ ...known, events: [...known.events, { mode, event }] })),
    back: () => setPlay((known) => ({ ...known, events: known.events.slice(0, Math.max(1, known.events.length - 1)) })),
    restart: () => setPlay(fresh()),
    moves: play.events.length - 1,
  };
}

export function Preview({ flow, files, own, langs, wide, onProblem }: Props) {
  const { t, locale } = useFlowI18n();
  const phone = useMedia(PHONE);
  const [lang, setLang] = useState<string | null>(null);
  const [mode, setMode] = useState<Mode>(() => (readStored("mode") as Mode | null) ?? "telegram");
  const play = usePlay(flow, files, own, lang && langs.includes(lang) ? lang : null);
  const side = wide && !phone;
  const modes = side ? MODES : [MODES.includes(mode) ? mode : "telegram"];
  const { shown } = play;
  return (
    <div className={styles.preview} data-wide={side || undefined}>
      <div className={styles.bar}>
        {side ? null : (
          <div className={styles.modes} role="tablist" aria-label={t("preview.modes")}>
            {MODES.map((one) => (
              <Tooltip key={one} label={t(`mode.${one}`)}>
                <button
                  type="button"
                  role="tab"
                  aria-selected={one === mode}
                  aria-label={t(`mode.${one}`)}
                  onClick={() => {
                    setMode(one);
                    store("mode", one);
                  }}
                >
                  <ModeIcon mode={one} />
                </button>
              </Tooltip>
            ))}
          </div>
        )}
        <span className={styles.tools}>
          {langs.length > 1 ? (
            <NativeSelect
              size="xs"
              aria-label={t("preview.language")}
              value={lang ?? langs[0] ?? ""}
              onChange={(event) => setLang(event.currentTarget.value)}
              data={langs}
            />
          ) : null}
          <Menu position="bottom-end" width={200}>
            <Menu.Target>
              <Tooltip label={t("preview.wait")}>
                <ActionIcon aria-label={t("preview.wait")} disabled={!shown}>
                  <IconClock size={17} />
                </ActionIcon>
              </Tooltip>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>{t("preview.wait_label")}</Menu.Label>
              {WAITS.map((seconds) => (
                <Menu.Item key={seconds} onClick={() => play.act(modes[0] ?? "telegram", { kind: "wait", seconds })}>
                  {durationIn(locale, seconds)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Tooltip label={t("preview.back")}>
            <ActionIcon aria-label={t("preview.back")} disabled={play.moves === 0} onClick={play.back}>
              <IconArrowBackUp size={17} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t("preview.restart")}>
            <ActionIcon aria-label={t("preview.restart")} onClick={play.restart}>
              <IconRotateClockwise size={17} />
            </ActionIcon>
          </Tooltip>
        </span>
      </div>
      {play.failed ? <p className={styles.failed}>{play.failed}</p> : null}
      {play.problems.length > 0 ? (
        <div className={styles.blocked}>
          <p>{t("preview.blocked")}</p>
          <Problems problems={play.problems} own={own} onChoose={onProblem} />
        </div>
      ) : null}
      {shown ? (
        <>
          <div className={styles.windows} data-stale={play.problems.length > 0 || undefined}>
            {modes.map((one) => (
              <Window key={one} mode={one} shown={shown} act={(event) => play.act(one, event)} />
            ))}
          </div>
          <Values preview={shown.preview} t={t} />
        </>
      ) : play.problems.length === 0 && !play.failed ? (
        <p className={styles.waiting}>{t("loading")}</p>
      ) : null}
    </div>
  );
}

export function ModeIcon({ mode, size = 17 }: { mode: Mode; size?: number }) {
  if (mode === "call") return <IconPhone size={size} stroke={1.75} aria-hidden />;
  if (mode === "form") return <IconFileText size={size} stroke={1.75} aria-hidden />;
  return <ChannelIcon kind={mode === "chat" ? "webchat" : mode} size={size} />;
}

interface WindowProps {
  mode: Mode;
  shown: { preview: Shown; events: Played[] };
  act: (event: PreviewEvent) => void;
}

function Window({ mode, shown, act }: WindowProps) {
  const { t } = useFlowI18n();
  const { preview, events } = shown;
  const lines = useMemo(() => linesOf(preview, events, mode), [preview, events, mode]);
  return (
    <section className={styles.window} data-mode={mode} aria-label={t(`mode.${mode}`)}>
      <h3>
        <ModeIcon mode={mode} size={15} /> {t(`mode.${mode}`)}
      </h3>
      {mode === "form" || mode === "call" ? (
        <FormWindow mode={mode} preview={preview} lines={lines} act={act} />
      ) : (
        <ChatWindow mode={mode} preview={preview} lines={lines} act={act} />
      )}
    </section>
  );
}

/** What the session knows by now. */
function Values({ preview, t }: { preview: Shown; t: FlowT }) {
  const { format } = useFlowI18n();
  return (
    <section className={styles.values} aria-label={t("preview.values")}>
      <dl className={styles.result}>
        <div>
          <dt>{t("preview.score")}</dt>
          <dd>{preview.score}</dd>
        </div>
        <div>
          <dt>{t("preview.outcome")}</dt>
          <dd>{preview.outcome ?? (preview.finished ? "—" : t("preview.running"))}</dd>
        </div>
        {preview.timers.map((timer) => (
          <div key={timer.due}>
            <dt>{t(timer.due === "close" ? "preview.closes" : "preview.reminds")}</dt>
            <dd>{format.full(timer.at)}</dd>
          </div>
        ))}
      </dl>
      {preview.answers.length > 0 ? (
        <dl className={styles.answers}>
          {preview.answers.map((answer) => (
            <div key={answer.question}>
              <dt>
                <code>{answer.question}</code>
              </dt>
              <dd data-refused={answer.refusal !== null || undefined}>
                {answer.refusal ? t("preview.skipped") : answer.shown}
              </dd>
            </div>
          ))}
        </dl>
      ) : (
        <p className={styles.quiet}>{t("preview.no_answers")}</p>
      )}
    </section>
  );
}
