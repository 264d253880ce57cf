/** The frame of everything: language, colours, who is signed in, and the routes. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { BrowserRouter, Navigate, Route, Routes, useLocation } from "react-router";
import { api } from "@/api/calls";
import { ApiError, onSignedOut, workIn } from "@/api/client";
import type { Me } from "@/api/types";
import { Allowed } from "@/app/Allowed";
import { ErrorBoundary } from "@/app/ErrorBoundary";
import { Shell } from "@/app/Shell";
import { Splash } from "@/app/Splash";
import { MeContext } from "@/app/session";
import { I18nProvider, localeOf } from "@/i18n";
import { ContactDoor } from "@/inbox/ContactDoor";
import { InboxPage } from "@/inbox/InboxPage";
import { LiveProvider } from "@/live/LiveProvider";
import { keys } from "@/live/queries";
import { ForgotPage } from "@/login/ForgotPage";
import { LoginPage } from "@/login/LoginPage";
import { WelcomePage } from "@/login/WelcomePage";
import { ComposingProvider } from "@/state/ComposingProvider";
import { OutboxProvider } from "@/state/OutboxProvider";
import { preferences } from "@/state/preferences";
import { useStored } from "@/state/stored";
import { Toasts } from "@/state/toasts";
import { theme } from "@/theme/mantine";

const SettingsPage = lazy(() => import("@/settings/SettingsPage"));
const ChannelsPage = lazy(() => import("@/manage/ChannelsPage"));
const SignedInPage = lazy(() => import("@/manage/SignedInPage"));
const ParkedPage = lazy(() => import("@/manage/ParkedPage"));
const AuditPage = lazy(() => import("@/manage/AuditPage"));
const PeoplePage = lazy(() => import("@/manage/PeoplePage"));
const WebhooksPage = lazy(() => import("@/manage/WebhooksPage"));
const TasksPage = lazy(() => import("@/tasks/TasksPage"));
const CannedPage = lazy(() => import("@/manage/CannedPage"));
const FlowsPage = lazy(() => import("@/flows/FlowsPage"));
const FlowPage = lazy(() => import("@/flows/FlowPage"));

const client = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      staleTime: 30_000,
      // Asked by a person who waits: a few quick tries, and none where the answer would be the same.
      retry: (failures, error) => failures < 3 && (!(error instanceof ApiError) || error.passing),
      retryDelay: (attempt) => Math.min(4_000, 400 * 2 ** attempt),
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

export function App() {
  return (
    <QueryClientProvider client={client}>
      <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
        <BrowserRouter>
          <Session />
        </BrowserRouter>
      </MantineProvider>
    </QueryClientProvider>
  );
}

const FIRST_PAGE = "/inbox/unattended";
const ASKED_AGAIN_MS = 5_000;

async function whoAmI(signal: AbortSignal): Promise<Me | null> {
  try {
    return await api.me(signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** What is asked without being signed in, and stays when a session ends. */
const OF_NOBODY: ReadonlySet<unknown> = new Set(["me", "account-link"]);

let looking = false;

/** The session has ended, or is another one: back to the log-in, or begin anew there with nothing kept. */
async function lookAgain(client: QueryClient): Promise<void> {
  if (looking || !client.getQueryData(keys.me)) return; // nobody has been signed in here yet, or nobody is any more
  looking = true;
  const now = await whoAmI(AbortSignal.timeout(ASKED_AGAIN_MS)).catch(() => null);
  if (now) {
    location.replace(FIRST_PAGE);
    return;
  }
  looking = false;
  client.setQueryData(keys.me, null);
  client.removeQueries({ predicate: (query) => !OF_NOBODY.has(query.queryKey[0]) });
}

function Session() {
  const client = useQueryClient();
  const { locale: chosen } = useStored(preferences);
  const me = useQuery({
    queryKey: keys.me,
    queryFn: ({ signal }) => whoAmI(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const locale = chosen ?? localeOf(me.data?.operator.locale ?? navigator.language);

  useEffect(() => onSignedOut(() => void lookAgain(client)), [client]);
  workIn(me.data?.project.id, me.data?.operator.id);

  return (
    <I18nProvider locale={locale}>
      <ErrorBoundary>
        {me.isPending || me.isError ? (
          <Splash failed={me.isError} retry={() => void me.refetch()} />
        ) : (
          <SignedInOrNot me={me.data} />
        )}
      </ErrorBoundary>
      <Toasts />
    </I18nProvider>
  );
}

function SignedInOrNot({ me }: { me: Me | null }) {
  const location = useLocation();
  // Whoever is signed in may follow a link, too: of another account, or to another project.
  if (location.pathname === "/welcome") return <WelcomePage key={location.hash} token={location.hash.slice(1)} />;
  if (!me) {
    return (
      <Routes>
        <Route path="/login" element={<LoginPage />} />
        <Route path="/forgot" element={<ForgotPage />} />
        <Route path="*" element={<Navigate to="/login" replace state={{ from: location.pathname }} />} />
      </Routes>
    );
  }
  const from = (location.state as { from?: string } | null)?.from;
  return (
    <MeContext value={me}>
      <LiveProvider me={me.operator.id}>
        <OutboxProvider>
          <ComposingProvider>
            <Suspense fallback={<Splash failed={false} retry={() => {}} />}>
              <Routes>
                <Route element={<Shell />}>
                  <Route path="/inbox/:view/:conversation?/:panel?" element={<InboxPage />} />
                  <Route path="/contacts/:contact" element={<ContactDoor />} />
                  <Route path="/tasks" element={<TasksPage />} />
                  <Route path="/settings/:section?" element={<SettingsPage />} />
                  <Route
                    path="/channels/:channel?"
                    element={
                      <Allowed right="manage">
                        <ChannelsPage />
                      </Allowed>
                    }
                  />
                  <Route
                    path="/oauth/callback"
                    element={
                      <Allowed right="manage">
                        <SignedInPage />
                      </Allowed>
                    }
                  />
                  <Route
                    path="/parked"
                    element={
                      <Allowed right="manage">
                        <ParkedPage />
                      </Allowed>
                    }
                  />
                  <Route
                    path="/audit"
                    element={
                      <Allowed right="manage">
                        <AuditPage />
                      </Allowed>
                    }
                  />
                  <Route
                    path="/people"
                    element={
                      <Allowed right="manage">
                        <PeoplePage />
                      </Allowed>
                    }
                  />
                  <Route
                    path="/webhooks"
                    element={
                      <Allowed right="manage">
                        <WebhooksPage />
                      </Allowed>
                    }
                  />
                  <Route path="/canned-replies" element={<CannedPage />} />
                  <Route
                    path="/flows"
                    element={
                      <Allowed right="write_flows">
                        <FlowsPage />
                      </Allowed>
                    }
                  />
                  <Route
                    path="/flows/:flow/:tab?"
                    element={
                      <Allowed right="write_flows">
                        <FlowPage />
                      </Allowed>
                    }
                  />
                </Route>
                <Route path="/login" element={<Navigate to={from ?? FIRST_PAGE} replace />} />
                <Route path="*" element={<Navigate to={FIRST_PAGE} replace />} />
              </Routes>
            </Suspense>
          </ComposingProvider>
        </OutboxProvider>
      </LiveProvider>
    </MeContext>
  );
}
