/** The answers of a questionnaire, which an operator gives or corrects for the contact while it is open. */
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import { ApiError } from "@/api/client";
import type { FlowSession } from "@/api/types";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import styles from "@/inbox/FlowPanel.module.css";
import { applyToQueries, keys } from "@/live/queries";
import { toast } from "@/state/toasts";
import { IconPencil } from "@/ui/icons";

type Question = FlowSession["questions"][number];

interface Props {
  id: string;
  session: FlowSession;
  editable: boolean;
}

export function FlowAnswers({ id, session, editable }: Props) {
  const { t } = useI18n();
  const [edited, setEdited] = useState<string | null>(null);
  const shown = session.questions.filter((question) => question.answer || editable);
  if (shown.length === 0) return null;
  return (
    <dl className={styles.answers}>
      {shown.map((question) => (
        <div key={question.id}>
          <dt>{question.text}</dt>
          {edited === question.id ? (
            <dd>
              <Correction id={id} question={question} onClose={() => setEdited(null)} />
            </dd>
          ) : (
            <dd className={styles.answer}>
              <span>{question.answer ? question.answer.text || t("flow.skipped") : "…"}</span>
              {editable ? (
                <ActionIcon
                  size="sm"
                  aria-label={t("flow.correct", { question: question.text })}
                  onClick={() => setEdited(question.id)}
                >
                  <IconPencil size={14} />
                </ActionIcon>
              ) : null}
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}

function Correction({ id, question, onClose }: { id: string; question: Question; onClose: () => void }) {
  const { t } = useI18n();
  const words = useWords();
  const client = useQueryClient();
  const me = useMe().operator.id;
  const [value, setValue] = useState(question.answer?.text ?? "");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const data = await api.fillAnswers(id, { [question.id]: value });
      applyToQueries(client, [{ kind: "conversation", cursor: "", conversation: id, data }], me);
      await client.invalidateQueries({ queryKey: keys.sessions(id) });
      onClose();
    } catch (error) {
      const faults = error instanceof ApiError && error.code === "answers_refused" ? error.extra.faults : null;
      const own = (faults as Record<string, string> | null)?.[question.id];
      if (own) setFault(own);
      else toast("bad", words(error));
    }
    setBusy(false);
  };
  return (
    <form className={styles.correction} onSubmit={(event) => void save(event)}>
      <TextInput
        aria-label={question.text}
        value={value}
        error={fault}
        maxLength={2_000}
        onChange={(event) => setValue(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onClose();
        }}
        autoFocus
      />
      <span className={styles.actions}>
        <Button type="submit" size="compact-sm" loading={busy}>
          {t("save")}
        </Button>
        <Button size="compact-sm" variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
      </span>
    </form>
  );
}
