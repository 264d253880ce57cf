/** Names of colleagues and teams by id. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "@/api/calls";
import type { Actor, Colleague, Team } from "@/api/types";
import { useMe } from "@/app/session";
import { type T, useI18n } from "@/i18n";
import { keys } from "@/live/queries";

export interface Names {
  operators: Colleague[];
  teams: Team[];
  /** "You" for oneself. */
  operator: (id: string) => string;
  team: (id: string) => string;
}

/** Who wrote something, where nobody is looked up by id. */
export function authorName({ kind, name }: Actor, t: T): string {
  if (kind === "contact") return name ?? t("contact.nameless");
  if (kind === "bot") return name ?? t("bot");
  return kind === "system" ? t("system") : (name ?? t("colleague"));
}

const RARELY_CHANGES_MS = 5 * 60_000;

export function useNames(): Names {
  const { t } = useI18n();
  const me = useMe().operator.id;
  const operators = useQuery({ queryKey: keys.operators, queryFn: api.operators, staleTime: RARELY_CHANGES_MS }).data;
  const teams = useQuery({ queryKey: keys.teams, queryFn: api.teams, staleTime: RARELY_CHANGES_MS }).data;
  return useMemo(() => {
    const operatorNames = new Map(operators?.items.map((item) => [item.id, item.name]));
    const teamNames = new Map(teams?.items.map((item) => [item.id, item.name]));
    return {
      operators: operators?.items ?? [],
      teams: teams?.items ?? [],
      operator: (id) => (id === me ? t("you") : (operatorNames.get(id) ?? t("colleague"))),
      team: (id) => teamNames.get(id) ?? t("team.unknown"),
    };
  }, [operators, teams, me, t]);
}
