/** List, thread and contact: side by side on a desk, one after the other on a phone. */
import { useCallback, useMemo, useState } from "react";
import { Navigate, useNavigate, useParams, useSearchParams } from "react-router";
import { VIEWS, type View } from "@/api/types";
import { PHONE, useMedia, WIDE } from "@/app/media";
import { useI18n } from "@/i18n";
import { ContactPanel } from "@/inbox/ContactPanel";
import { ConversationList } from "@/inbox/ConversationList";
import { ConversationPane } from "@/inbox/ConversationPane";
import styles from "@/inbox/InboxPage.module.css";
import { prefer, preferences } from "@/state/preferences";
import { useStored } from "@/state/stored";
import { IconMessageCircle } from "@/ui/icons";
import { Empty } from "@/ui/parts";

export function InboxPage() {
  const params = useParams();
  const view = VIEWS.find((known) => known === params.view);
  if (!view) return <Navigate to="/inbox/unattended" replace />;
  const panel = params.panel === "contact";
  return <Panes key={view} view={view} selected={params.conversation ?? null} panel={panel} />;
}

function Panes({ view, selected, panel }: { view: View; selected: string | null; panel: boolean }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const phone = useMedia(PHONE);
  const wide = useMedia(WIDE);
  const { contactOpen } = useStored(preferences);
  const [search, setSearch] = useState("");
  const [query] = useSearchParams();
  const at = Number.parseInt(query.get("at") ?? "", 10) || null;

  const select = useCallback(
    (id: string | null) => navigate(id ? `/inbox/${view}/${id}` : `/inbox/${view}`),
    [navigate, view],
  );
  const openContact = phone ? panel : wide ? contactOpen : panel;
  const toggleContact = useCallback(() => {
    if (!phone && wide) prefer({ contactOpen: !contactOpen });
    else navigate(`/inbox/${view}/${selected}${panel ? "" : "/contact"}`);
  }, [phone, wide, contactOpen, navigate, view, selected, panel]);

  const screen = useMemo(() => {
    if (!phone) return "all";
    return selected === null ? "list" : panel ? "contact" : "thread";
  }, [phone, selected, panel]);

  return (
    <div className={styles.panes} data-screen={screen}>
      {screen === "all" || screen === "list" ? (
        <ConversationList
          view={view}
          selected={selected}
          at={at}
          search={search}
          onSearch={setSearch}
          onSelect={select}
        />
      ) : null}
      {(screen === "all" || screen === "thread") && selected ? (
        <ConversationPane
          key={selected}
          id={selected}
          at={at}
          view={view}
          contactOpen={openContact}
          onContact={toggleContact}
          onClose={() => select(null)}
        />
      ) : null}
      {screen === "all" && !selected ? (
        <section className={styles.nothing} aria-label={t("thread.label")}>
          <Empty icon={IconMessageCircle} title={t("thread.none")}>
            {t("thread.none_hint")}
          </Empty>
        </section>
      ) : null}
      {selected && (screen === "contact" || (screen === "all" && openContact)) ? (
        <ContactPanel key={`contact-${selected}`} id={selected} overlay={!wide} onClose={toggleContact} />
      ) : null}
    </div>
  );
}
