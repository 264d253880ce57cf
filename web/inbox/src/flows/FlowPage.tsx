/** One flow: written, tried, translated, published, and how it does. */
import { ActionIcon, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { NavLink, useLocation, useNavigate, useParams } from "react-router";
import { ApiError } from "@/api/client";
import { PHONE, useMedia } from "@/app/media";
import { useMe } from "@/app/session";
import { useShell } from "@/app/shellContext";
import { Authors } from "@/flows/Authors";
import { ConflictDialog } from "@/flows/ConflictDialog";
import { flowApi, flowKeys, listOptions } from "@/flows/calls";
import { isDirty, type Kept } from "@/flows/draft";
import { EditTab } from "@/flows/EditTab";
import styles from "@/flows/FlowPage.module.css";
import { useFlowI18n } from "@/flows/i18n";
import { outlineOf } from "@/flows/outline";
import { Preview } from "@/flows/Preview";
import { PublishDialog } from "@/flows/PublishDialog";
import { counts } from "@/flows/problems";
import { Results } from "@/flows/Results";
import { SharedSettings } from "@/flows/SharedSettings";
import { StartRules } from "@/flows/StartRules";
import { Translations } from "@/flows/Translations";
import { languageOf } from "@/flows/translations";
import type { Author, Draft, Problem } from "@/flows/types";
import { useAuthors } from "@/flows/useAuthors";
import { useCheck } from "@/flows/useCheck";
import { useDraft } from "@/flows/useDraft";
import { Versions } from "@/flows/Versions";
import { useNames } from "@/inbox/names";
import { IconAlertTriangle, IconArrowLeft, IconCircleCheck, IconMenu2, IconRocket } from "@/ui/icons";
import { Loaded } from "@/ui/PageFrame";
import { Badge } from "@/ui/parts";

export const TABS = ["edit", "translations", "preview", "start", "versions", "results"] as const;
export type Tab = (typeof TABS)[number];

export const SHARED = "bot";

export default function FlowPage() {
  const { flow = "" } = useParams();
  const draft = useQuery({
    queryKey: flowKeys.draft(flow),
    queryFn: () => flowApi.draft(flow),
    refetchOnMount: "always",
    gcTime: 0,
    retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status === 404),
  });
  if (flow === SHARED && draft.error instanceof ApiError && draft.error.status === 404) return <SharedSettings />;
  return (
    <Loaded query={draft.isFetchedAfterMount ? draft : { ...draft, data: undefined }}>
      {(loaded) => <Workspace key={loaded.flow} draft={loaded} />}
    </Loaded>
  );
}

function Workspace({ draft }: { draft: Draft }) {
  const { t } = useFlowI18n();
  const { tab: wanted } = useParams();
  const navigate = useNavigate();
  const shared = draft.flow === SHARED;
  const tab: Tab = (TABS as readonly string[]).includes(wanted ?? "") ? (wanted as Tab) : "edit";
  const drafting = useDraft(draft);
  const { state, own } = drafting;
  const check = useCheck(draft.flow, state.files, own);
  const text = state.files[own] ?? "";
  const outline = useMemo(() => outlineOf(text), [text]);
  const [publishing, setPublishing] = useState(false);
  const target = useRef<number | null>(null);
  const [jump, setJump] = useState(0);

  const authors = useAuthors(draft.flow, state.files);
  const { flush } = drafting;
  useEffect(() => {
    // It saves by itself; who is used to the keys shall not meet the browser's own dialog.
    const onKey = (event: KeyboardEvent) => {
      if (event.code !== "KeyS" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      void flush();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [flush]);

  const goTo = useCallback(
    (problem: Problem) => {
      if (problem.file !== own) {
        navigate(languageOf(problem.file) ? `/flows/${draft.flow}/translations` : `/flows/${SHARED}`);
        return;
      }
      target.current = problem.line;
      setJump((count) => count + 1);
      if (tab !== "edit") navigate(`/flows/${draft.flow}`);
    },
    [draft.flow, navigate, own, tab],
  );

  return (
    <div className={styles.page}>
      <Head
        title={shared ? t("shared.title") : outline.title || draft.flow}
        flow={draft.flow}
        dirty={isDirty(state) || state.sending !== null}
        kept={state.kept}
        failed={state.failed}
        authors={authors}
        problems={check.problems}
        busy={check.busy}
        checkFailed={check.failed}
        onPublish={shared ? null : () => setPublishing(true)}
      />
      {shared ? null : <Tabs flow={draft.flow} />}
      <div className={styles.body} data-tab={tab}>
        {tab === "edit" ? (
          <EditTab
            drafting={drafting}
            flow={draft.flow}
            outline={outline}
            check={check}
            shared={shared}
            target={target}
            jump={jump}
            onProblem={goTo}
          />
        ) : tab === "translations" ? (
          <Translations drafting={drafting} flow={draft.flow} check={check} />
        ) : tab === "preview" ? (
          <Preview flow={draft.flow} files={state.files} own={own} langs={check.langs} wide onProblem={goTo} />
        ) : tab === "start" ? (
          <StartRules flow={draft.flow} text={text} />
        ) : tab === "versions" ? (
          <Versions flow={draft.flow} files={state.files} own={own} onTake={drafting.replace} />
        ) : (
          <Results flow={draft.flow} outline={outline} />
        )}
      </div>
      {publishing ? (
        <PublishDialog
          drafting={drafting}
          flow={draft.flow}
          onClose={() => setPublishing(false)}
          onProblem={(problem) => {
            setPublishing(false);
            goTo(problem);
          }}
        />
      ) : null}
      {state.theirs ? <ConflictDialog mine={state.files} theirs={state.theirs} onResolve={drafting.resolve} /> : null}
    </div>
  );
}

interface HeadProps {
  title: string;
  flow: string;
  dirty: boolean;
  kept: Kept;
  failed: string | null;
  authors: Author[];
  problems: Problem[];
  busy: boolean;
  checkFailed: boolean;
  onPublish: (() => void) | null;
}

function Head({ title, flow, dirty, kept, failed, authors, problems, busy, checkFailed, onPublish }: HeadProps) {
  const { t, format } = useFlowI18n();
  const me = useMe().operator.id;
  const names = useNames();
  const { openMenu } = useShell();
  const phone = useMedia(PHONE);
  const navigate = useNavigate();
  const flows = useQuery(listOptions());
  const known = flows.data?.items.find((item) => item.flow === flow);
  const { errors, warnings } = counts(problems);
  return (
    <header className={styles.head}>
      {phone ? (
        <ActionIcon size="lg" aria-label={t("nav.open")} onClick={openMenu}>
          <IconMenu2 size={20} />
        </ActionIcon>
      ) : null}
      <ActionIcon size="lg" aria-label={t("page.back")} onClick={() => navigate("/flows")}>
        <IconArrowLeft size={18} />
      </ActionIcon>
      <div className={styles.titles}>
        <h2>{title}</h2>
        <p role="status">
          {failed ? (
            <span className={styles.failed}>{t("page.not_saved", { why: failed })}</span>
          ) : dirty ? (
            t("page.saving")
          ) : kept.by && kept.by !== me ? (
            t("page.saved_by", { name: names.operator(kept.by), when: format.brief(kept.at) })
          ) : (
            t("page.saved")
          )}
        </p>
      </div>
      <Authors authors={authors} />
      <span className={styles.badges}>
        {known?.version ? <Badge tone="good">{t("state.published", { version: known.version })}</Badge> : null}
        {checkFailed ? (
          <Badge tone="warn">{t("page.check_failed")}</Badge>
        ) : errors ? (
          <Badge tone="danger" icon={IconAlertTriangle}>
            {t("state.errors", { n: errors })}
          </Badge>
        ) : warnings ? (
          <Badge tone="warn" icon={IconAlertTriangle}>
            {t("state.warnings", { n: warnings })}
          </Badge>
        ) : (
          <Badge tone={busy ? "plain" : "good"} icon={IconCircleCheck}>
            {t(busy ? "page.checking" : "page.fine")}
          </Badge>
        )}
      </span>
      {onPublish ? (
        <Button leftSection={<IconRocket size={16} />} onClick={onPublish}>
          {t("page.publish")}
        </Button>
      ) : null}
    </header>
  );
}

function Tabs({ flow }: { flow: string }) {
  const { t } = useFlowI18n();
  const { pathname } = useLocation();
  const row = useRef<HTMLElement>(null);
  // On a phone the row is wider than the screen: where one is must not lie outside it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the part is the last of the path
  useEffect(() => {
    row.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [pathname]);
  return (
    <nav className={styles.tabs} aria-label={t("page.tabs")} ref={row}>
      {TABS.map((tab) => (
        <NavLink key={tab} to={tab === "edit" ? `/flows/${flow}` : `/flows/${flow}/${tab}`} end>
          {t(`tab.${tab}`)}
        </NavLink>
      ))}
    </nav>
  );
}
