/** Before a draft is published: what it does to whom, and what is in the way. */
import { Button, Loader } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { flowApi, flowKeys } from "@/flows/calls";
import { Difference } from "@/flows/Difference";
import { useFlowI18n } from "@/flows/i18n";
import { Problems } from "@/flows/ProblemList";
import styles from "@/flows/PublishDialog.module.css";
import { counts } from "@/flows/problems";
import type { Problem, Publication } from "@/flows/types";
import type { Drafting } from "@/flows/useDraft";
import { Dialog } from "@/ui/Dialog";
import { IconCheck, IconGitCompare } from "@/ui/icons";
import { Loaded } from "@/ui/PageFrame";
import page from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

interface Props {
  drafting: Drafting;
  flow: string;
  onClose: () => void;
  onProblem: (problem: Problem) => void;
}

export function PublishDialog({ drafting, flow, onClose, onProblem }: Props) {
  const { t } = useFlowI18n();
  const { flush } = drafting;
  const [revision, setRevision] = useState<number | null>(null);
  const [failed, setFailed] = useState(false);
  // What is on the screen is published, so it is saved first.
  useEffect(() => {
    let gone = false;
    void flush().then((saved) => {
      if (gone) return;
      if (saved === null) setFailed(true);
      else setRevision(saved);
    });
    return () => {
      gone = true;
    };
  }, [flush]);
  return (
    <Dialog onClose={onClose} size="52rem" title={t("publish.title")} closeButtonProps={{ "aria-label": t("close") }}>
      {failed ? (
        <p className={page.bad}>{t("publish.not_saved")}</p>
      ) : revision === null ? (
        <Loader size="sm" role="status" aria-label={t("loading")} />
      ) : (
        <Ahead drafting={drafting} flow={flow} revision={revision} onClose={onClose} onProblem={onProblem} />
      )}
    </Dialog>
  );
}

function Ahead({ drafting, flow, revision, onClose, onProblem }: Props & { revision: number }) {
  const ahead = useQuery({
    queryKey: flowKeys.publication(flow, revision),
    queryFn: () => flowApi.publication(flow),
    gcTime: 0,
  });
  return (
    <Loaded query={ahead}>
      {(found) => (
        <Choice
          ahead={found}
          drafting={drafting}
          flow={flow}
          revision={revision}
          onClose={onClose}
          onProblem={onProblem}
        />
      )}
    </Loaded>
  );
}

function Choice({
  ahead,
  drafting,
  flow,
  revision,
  onClose,
  onProblem,
}: Props & { ahead: Publication; revision: number }) {
  const { t } = useFlowI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [patch, setPatch] = useState(ahead.patch_possible);
  const [compare, setCompare] = useState(false);
  const live = Object.values(ahead.live).reduce((sum, count) => sum + count, 0);
  const next = nextLabel(ahead.newest, patch);
  const { errors } = counts(ahead.problems);
  const publish = async () => {
    const done = await run(async () => {
      const version = await flowApi.publish(flow, revision, patch && ahead.patch_possible);
      await client.invalidateQueries({ queryKey: flowKeys.list });
      await client.invalidateQueries({ queryKey: flowKeys.versions(flow) });
      return version;
    }, t("publish.done"));
    if (done) onClose();
  };
  if (errors > 0) {
    return (
      <div className={page.form} style={{ maxWidth: "none" }}>
        <p>{t("publish.blocked", { n: errors })}</p>
        <Problems problems={ahead.problems} own={drafting.own} onChoose={onProblem} />
      </div>
    );
  }
  return (
    <div className={page.form} style={{ maxWidth: "none" }}>
      {ahead.newest === null ? (
        <p className={styles.lead}>{t("publish.first")}</p>
      ) : (
        <fieldset className={styles.ways}>
          <legend className="only-heard">{t("publish.way")}</legend>
          <Way
            chosen={!patch}
            title={t("publish.version", { version: nextLabel(ahead.newest, false) })}
            onChoose={() => setPatch(false)}
          >
            {live > 0 ? t("publish.version_live", { n: live }) : t("publish.version_hint")}
          </Way>
          <Way
            chosen={patch}
            disabled={!ahead.patch_possible}
            title={t("publish.patch", { version: nextLabel(ahead.newest, true) })}
            onChoose={() => setPatch(true)}
          >
            {ahead.patch_possible
              ? live > 0
                ? t("publish.patch_live", { n: live })
                : t("publish.patch_hint")
              : t("publish.no_patch")}
          </Way>
        </fieldset>
      )}
      {live > 0 ? (
        <ul className={styles.live} aria-label={t("publish.live")}>
          {Object.entries(ahead.live).map(([version, count]) => (
            <li key={version}>
              {t("publish.on_version", { version })}
              <b>{count}</b>
            </li>
          ))}
        </ul>
      ) : null}
      {ahead.problems.length > 0 ? (
        <Problems problems={ahead.problems} own={drafting.own} onChoose={onProblem} />
      ) : null}
      {compare && ahead.newest ? (
        <Compared flow={flow} label={ahead.newest} after={drafting.state.files[drafting.own] ?? ""} />
      ) : null}
      <div className={page.row}>
        <Button loading={busy} onClick={() => void publish()} data-autofocus>
          {next ? t("publish.go", { version: next }) : t("page.publish")}
        </Button>
        {ahead.newest && !compare ? (
          <Button variant="default" leftSection={<IconGitCompare size={16} />} onClick={() => setCompare(true)}>
            {t("publish.compare", { version: ahead.newest })}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

interface WayProps {
  chosen: boolean;
  disabled?: boolean;
  title: string;
  onChoose: () => void;
  children: string;
}

function Way({ chosen, disabled, title, onChoose, children }: WayProps) {
  return (
    <button type="button" className={styles.way} aria-pressed={chosen} disabled={disabled} onClick={onChoose}>
      <span className={styles.mark} aria-hidden>
        {chosen ? <IconCheck size={14} stroke={2.5} /> : null}
      </span>
      <span>
        <b>{title}</b>
        <span>{children}</span>
      </span>
    </button>
  );
}

function Compared({ flow, label, after }: { flow: string; label: string; after: string }) {
  const { t } = useFlowI18n();
  const old = useQuery({ queryKey: flowKeys.version(flow, label), queryFn: () => flowApi.version(flow, label) });
  return (
    <Loaded query={old}>
      {(version) => (
        <Difference
          before={version.sources[0]?.text ?? ""}
          after={after}
          beforeLabel={t("versions.version", { version: label })}
          afterLabel={t("versions.draft")}
        />
      )}
    </Loaded>
  );
}

/** `3` or `3.1` after `newest`. */
export function nextLabel(newest: string | null, patch: boolean): string {
  if (newest === null) return "1";
  const [version = "0", minor = "0"] = newest.split(".");
  return patch ? `${version}.${Number(minor) + 1}` : String(Number(version) + 1);
}
