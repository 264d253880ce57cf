/** Where a provider sends the browser back to after a sign-in to a channel's account: finishes it, and says what came of it. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { api } from "@/api/calls";
import { ApiError } from "@/api/client";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { keys } from "@/live/queries";
import { toast } from "@/state/toasts";
import { Card, PageFrame } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

const KEPT = ["state", "code", "error", "error_description"];
const DAY_S = 86_400;

/** What the provider says, of which more may come than the hub wants (RFC 6749, 4.1.2). */
function answerIn(search: string): Record<string, string> | null {
  const query = new URLSearchParams(search);
  const answer = Object.fromEntries(KEPT.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? ""]] : [])));
  return answer.state ? answer : null;
}

export default function SignedInPage() {
  const { t } = useI18n();
  const words = useWords();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const [answer] = useState(() => answerIn(search));
  useEffect(() => {
    // The code stays in no history and under no reload: it counts once.
    if (search) window.history.replaceState(window.history.state, "", pathname);
  }, [pathname, search]);
  const finished = useQuery({
    queryKey: ["sign-in", answer?.state],
    queryFn: () => api.finishSignIn(answer ?? {}),
    enabled: answer !== null,
    retry: false,
    refetchOnReconnect: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { data, error } = finished;
  useEffect(() => {
    if (!data) return;
    const days = data.lasts_s === null ? null : Math.max(1, Math.round(data.lasts_s / DAY_S));
    toast("good", t("signed_in.done", { name: data.name }));
    if (days !== null) toast("bad", t("signed_in.ends", { n: days }));
    void client.invalidateQueries({ queryKey: keys.channels });
    void navigate("/channels", { replace: true });
  }, [data, client, navigate, t]);

  const extra = error instanceof ApiError ? error.extra : {};
  const channel = typeof extra.channel === "string" ? extra.channel : null;
  const wrong = answer ? error && words(error) : t("signed_in.nothing");
  return (
    <PageFrame title={t("signed_in.title")}>
      <Card>
        {wrong ? (
          <Wrong wrong={wrong} said={typeof extra.said === "string" ? extra.said : ""} channel={channel} />
        ) : (
          <p role="status" className={styles.quiet}>
            {t("signed_in.busy")}
          </p>
        )}
      </Card>
    </PageFrame>
  );
}

function Wrong({ wrong, said, channel }: { wrong: string; said: string; channel: string | null }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const { busy, run } = useSaving();
  const again = (id: string) => run(async () => window.location.assign((await api.beginSignIn(id)).url));
  return (
    <>
      <p role="alert" className={styles.bad}>
        {wrong}
      </p>
      {said ? <p className={styles.quiet}>{t("signed_in.said", { said })}</p> : null}
      <div className={styles.row}>
        {channel ? (
          <Button loading={busy} onClick={() => void again(channel)}>
            {t("signed_in.again")}
          </Button>
        ) : null}
        <Button variant="default" onClick={() => void navigate(channel ? `/channels/${channel}` : "/channels")}>
          {t(channel ? "signed_in.channel" : "signed_in.channels")}
        </Button>
      </div>
    </>
  );
}
