/** Somebody's place in the project: role, which conversations they see, teams. */
import { MultiSelect, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { type Place, ROLES, type Role, SCOPES, type Scope } from "@/api/types";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";

export function PlaceFields({ place, onChange }: { place: Place; onChange: (place: Place) => void }) {
  const { t } = useI18n();
  const teams = useQuery({ queryKey: keys.teams, queryFn: api.teams });
  return (
    <>
      <Select
        label={t("people.role")}
        data={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))}
        value={place.role}
        onChange={(role) => onChange({ ...place, role: role as Role })}
        allowDeselect={false}
      />
      <Select
        label={t("people.scope")}
        data={SCOPES.map((scope) => ({ value: scope, label: t(`scope_of.${scope}`) }))}
        value={place.scope}
        onChange={(scope) => onChange({ ...place, scope: scope as Scope })}
        allowDeselect={false}
      />
      {teams.data?.items.length ? (
        <MultiSelect
          label={t("people.teams")}
          data={teams.data.items.map((team) => ({ value: team.id, label: team.name }))}
          value={place.teams}
          onChange={(chosen) => onChange({ ...place, teams: chosen })}
          clearButtonProps={{ "aria-label": t("delete") }}
        />
      ) : null}
    </>
  );
}
