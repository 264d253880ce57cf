/** Every call of the flow pages, and the queries over them. */
import { queryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";
import type { Channel, Page } from "@/api/types";
import type {
  Author,
  Checked,
  Draft,
  FlowSummary,
  Names,
  Played,
  Preview,
  Publication,
  Source,
  StartRule,
  Statistics,
  StuckSession,
  Version,
  VersionDetail,
} from "@/flows/types";

const get = <T>(path: string, options?: Parameters<typeof request>[2]) => request<T>("GET", path, options);
const post = <T>(path: string, body: unknown, signal?: AbortSignal) => request<T>("POST", path, { body, signal });

export interface Period {
  since?: string | null;
  until?: string | null;
  channel?: string | null;
}

export const flowApi = {
  list: () => get<Page<FlowSummary>>("/flows"),
  create: (flow: string, sources: Source[]) => post<Draft>("/flows", { flow, sources }),
  draft: (flow: string) => get<Draft>(`/flows/${flow}`),
  save: (flow: string, revision: number, sources: Source[]) =>
    request<Draft>("PUT", `/flows/${flow}`, { body: { revision, sources } }),
  remove: (flow: string, revision: number) => request<void>("DELETE", `/flows/${flow}`, { body: { revision } }),
  archive: (flow: string, revision: number, archived: boolean) =>
    post<Draft>(`/flows/${flow}/archive`, { revision, archived }),
  check: (flow: string, sources: Source[], signal?: AbortSignal) =>
    post<Checked>("/flows/check", { flow, sources }, signal),
  preview: (
    body: { flow: string; sources: Source[]; lang: string | null; started_at: string; events: Played[] },
    signal?: AbortSignal,
  ) => post<Preview>("/flows/preview", body, signal),
  noteAuthor: (flow: string, window: string, typing: boolean) =>
    post<Page<Author>>(`/flows/${flow}/authors`, { window, typing }),
  forgetAuthor: (flow: string, window: string) =>
    request<void>("DELETE", `/flows/${flow}/authors`, { body: { window }, keepalive: true }),
  publication: (flow: string) => get<Publication>(`/flows/${flow}/publication`),
  publish: (flow: string, revision: number, patch: boolean) =>
    post<Version>(`/flows/${flow}/publish`, { revision, patch }),
  versions: (flow: string) => get<Page<Version>>(`/flows/${flow}/versions`),
  version: (flow: string, label: string) => get<VersionDetail>(`/flows/${flow}/versions/${label}`),
  rollBack: (flow: string, label: string) => post<Version>(`/flows/${flow}/versions/${label}/roll_back`, {}),
  statistics: (flow: string, period: Period) =>
    get<Statistics>(`/flows/${flow}/statistics`, { query: period as Record<string, string | null> }),
  names: () => get<Names>("/flow-names"),
  stuck: () => get<Page<StuckSession>>("/flow-sessions/stuck"),
  setStarts: (channel: string, revision: number, rules: StartRule[]) =>
    request<Channel>("PUT", `/channels/${channel}/flows`, { body: { revision, flows: rules } }),
};

export const flowKeys = {
  list: ["flows"] as const,
  stuck: ["flows", "stuck"] as const,
  names: ["flows", "names"] as const,
  draft: (flow: string) => ["flow", flow] as const,
  versions: (flow: string) => ["flow", flow, "versions"] as const,
  version: (flow: string, label: string) => ["flow", flow, "version", label] as const,
  publication: (flow: string, revision: number) => ["flow", flow, "publication", revision] as const,
  statistics: (flow: string, period: Period) => ["flow", flow, "statistics", period] as const,
};

export const listOptions = () => queryOptions({ queryKey: flowKeys.list, queryFn: flowApi.list, staleTime: 10_000 });

/** One query for every flow: the list shows how many, a flow's own page which. */
export const stuckOptions = () =>
  queryOptions({ queryKey: flowKeys.stuck, queryFn: flowApi.stuck, staleTime: 10_000, refetchInterval: 60_000 });

export const versionOptions = (flow: string, label: string) =>
  queryOptions({
    queryKey: flowKeys.version(flow, label),
    queryFn: () => flowApi.version(flow, label),
    staleTime: Number.POSITIVE_INFINITY,
  });
