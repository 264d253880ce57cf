/** The conversation's questionnaire: how far it is, what is known by now, and what may be done with it. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type FlowAction } from "@/api/calls";
import type { ConversationDetail, FlowSession } from "@/api/types";
import { useMay, useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { FlowAnswers } from "@/inbox/FlowAnswers";
import styles from "@/inbox/FlowPanel.module.css";
import { applyToQueries, keys } from "@/live/queries";
import { toast } from "@/state/toasts";
import { Dialog } from "@/ui/Dialog";
import { IconPlayerPlay, IconPlayerStop, IconRotateClockwise } from "@/ui/icons";
import { Loaded } from "@/ui/PageFrame";
import { Picker } from "@/ui/Picker";
import { Badge, type Tone } from "@/ui/parts";

const TONES: Record<FlowSession["state"], Tone> = {
  active: "accent",
  waiting_operator: "warn",
  done: "good",
  stopped: "plain",
  abandoned: "plain",
};

/** `[run, busy]`: begins, stops or moves the questionnaire, and shows what came of it. */
function useFlowAction(id: string): [(action: FlowAction, done: string) => Promise<void>, boolean] {
  const client = useQueryClient();
  const me = useMe().operator.id;
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const run = async (action: FlowAction, done: string) => {
    setBusy(true);
    try {
      const data = await api.flow(id, action);
      applyToQueries(client, [{ kind: "conversation", cursor: "", conversation: id, data }], me);
      toast("good", done);
    } catch (error) {
      toast("bad", words(error));
    }
    await client.invalidateQueries({ queryKey: keys.sessions(id) });
    setBusy(false);
  };
  return [run, busy];
}

export function FlowPanel({ detail }: { detail: ConversationDetail }) {
  const { t } = useI18n();
  const mayReply = useMay("reply");
  const mark = detail.flow ?? null;
  const [choosing, setChoosing] = useState(false);
  const [moving, setMoving] = useState(false);
  const [run, busy] = useFlowAction(detail.id);
  const query = useQuery({
    queryKey: keys.session(detail.id, mark?.seq ?? 0),
    queryFn: () => api.flowSession(detail.id),
    enabled: mark !== null,
    placeholderData: (before) => before,
  });
  const session = mark ? query.data : undefined;
  const live = session?.state === "active" || session?.state === "waiting_operator";
  return (
    <>
      {session ? <Progress id={detail.id} session={session} /> : null}
      {mark && !session ? <p className={styles.quiet}>{t(query.isError ? "flow.unreadable" : "loading")}</p> : null}
      {mark ? null : <p className={styles.quiet}>{t("flow.none")}</p>}
      {mayReply ? (
        <div className={styles.actions}>
          {session && live ? (
            <Button
              size="compact-sm"
              variant="default"
              disabled={busy}
              leftSection={<IconPlayerStop size={14} />}
              onClick={() => void run({ action: "stop" }, t("flow.stopped"))}
            >
              {t("flow.stop")}
            </Button>
          ) : (
            <Button
              size="compact-sm"
              variant="default"
              disabled={busy}
              leftSection={<IconPlayerPlay size={14} />}
              onClick={() => setChoosing(true)}
            >
              {t("flow.start")}
            </Button>
          )}
          {session && live && session.newest && session.newest.split(".")[0] !== session.version.split(".")[0] ? (
            <Button
              size="compact-sm"
              variant="default"
              disabled={busy}
              leftSection={<IconRotateClockwise size={14} />}
              onClick={() => setMoving(true)}
            >
              {t("flow.move", { version: session.newest })}
            </Button>
          ) : null}
        </div>
      ) : null}
      {moving && session ? (
        <MoveDialog
          id={detail.id}
          session={session}
          onClose={() => setMoving(false)}
          onMove={() => {
            setMoving(false);
            void run({ action: "move" }, t("flow.moved"));
          }}
        />
      ) : null}
      {choosing ? (
        <FlowPicker
          title={t("flow.start")}
          onClose={() => setChoosing(false)}
          onPick={(flow) => {
            setChoosing(false);
            void run({ action: "start", flow }, t("flow.started"));
          }}
        />
      ) : null}
    </>
  );
}

/** What moving to the newest version would do, before it is done. */
function MoveDialog({
  id,
  session,
  onClose,
  onMove,
}: {
  id: string;
  session: FlowSession;
  onClose: () => void;
  onMove: () => void;
}) {
  const { t } = useI18n();
  const look = useQuery({ queryKey: [...keys.sessions(id), "move"], queryFn: () => api.flowMove(id), gcTime: 0 });
  const named = (question: string) => session.questions.find((one) => one.id === question)?.text ?? question;
  return (
    <Dialog
      onClose={onClose}
      title={t("flow.move", { version: session.newest ?? "" })}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Loaded query={look}>
        {(move) => (
          <div className={styles.move}>
            <p>{t("flow.kept", { n: move.kept.length })}</p>
            {move.dropped.length > 0 ? (
              <>
                <p>{t("flow.dropped")}</p>
                <ul>
                  {move.dropped.map((question) => (
                    <li key={question}>{named(question)}</li>
                  ))}
                </ul>
              </>
            ) : null}
            <Button onClick={onMove} data-autofocus>
              {t("flow.move_go")}
            </Button>
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

function Progress({ id, session }: { id: string; session: FlowSession }) {
  const { t } = useI18n();
  const mayReply = useMay("reply");
  const answered = session.questions.filter((question) => question.answer);
  const live = session.state === "active" || session.state === "waiting_operator";
  // While a person holds the conversation nothing may be open; what the bot will ask next says as much.
  const next = live ? session.questions.find((question) => !question.answer) : undefined;
  const open = live ? (session.questions.find((question) => question.id === session.open) ?? next) : undefined;
  const done = session.questions.length > 0 ? answered.length / session.questions.length : 0;
  return (
    <>
      <p className={styles.title}>
        <b>{session.title}</b>
        <Badge tone={TONES[session.state]}>{t(`flow_state.${session.state}`)}</Badge>
      </p>
      <progress
        className={styles.bar}
        max={1}
        value={session.state === "done" ? 1 : done}
        aria-label={t("flow.progress")}
      />
      <dl className={styles.facts}>
        {session.outcome ? <Fact name={t("flow.outcome")}>{session.outcome}</Fact> : null}
        <Fact name={t("flow.score")}>{String(session.score)}</Fact>
        {session.stage ? <Fact name={t("flow.stage")}>{session.stage}</Fact> : null}
        <Fact name={t("flow.version")}>{session.version}</Fact>
      </dl>
      {open ? (
        <p className={styles.open}>
          <span>{t(session.open ? "flow.open" : "flow.next")}</span>
          {open.text}
        </p>
      ) : null}
      <FlowAnswers id={id} session={session} editable={live && mayReply} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The published flows to choose from. */
export function FlowPicker({
  title,
  onPick,
  onClose,
}: {
  title: string;
  onPick: (flow: string) => void;
  onClose: () => void;
}) {
  const flows = useQuery({ queryKey: keys.flows, queryFn: api.flows, staleTime: 10_000 });
  const options = (flows.data?.items ?? [])
    .filter((flow) => flow.version !== null && !flow.archived)
    .map((flow) => ({ id: flow.flow, label: flow.title, hint: flow.flow, icon: <IconPlayerPlay size={16} /> }));
  return <Picker opened title={title} options={options} onPick={onPick} onClose={onClose} />;
}
