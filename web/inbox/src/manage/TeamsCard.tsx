/** The teams of the project: made and renamed here, filled by the places of people. */
import { Button, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import type { Team } from "@/api/types";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { Dialog } from "@/ui/Dialog";
import { Card, Loaded, Rows } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

type Edited = Pick<Team, "name"> & { id: string | null };

export function TeamsCard() {
  const { t } = useI18n();
  const teams = useQuery({ queryKey: keys.teams, queryFn: api.teams });
  const [edited, setEdited] = useState<Edited | null>(null);
  return (
    <Card title={t("people.teams")} lead={t("teams.lead")}>
      <Loaded query={teams}>
        {({ items }) => (
          <Rows items={items} none={<p className={styles.quiet}>{t("teams.none")}</p>}>
            {(item) => (
              <li key={item.id}>
                <div className={styles.main}>
                  <b>
                    <bdi>{item.name}</bdi>
                  </b>
                </div>
                <Button variant="default" size="compact-sm" onClick={() => setEdited(item)}>
                  {t("edit")}
                  <span className="only-heard"> {item.name}</span>
                </Button>
              </li>
            )}
          </Rows>
        )}
      </Loaded>
      <div className={styles.row}>
        <Button variant="default" onClick={() => setEdited({ id: null, name: "" })}>
          {t("teams.add")}
        </Button>
      </div>
      {edited ? <Editor given={edited} onClose={() => setEdited(null)} /> : null}
    </Card>
  );
}

function Editor({ given, onClose }: { given: Edited; onClose: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [name, setName] = useState(given.name);
  const fresh = name.trim();
  const save = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await api.saveTeam(given.id, fresh);
      await client.invalidateQueries({ queryKey: keys.teams });
      onClose();
    }, t("saved"));
  };
  return (
    <Dialog
      onClose={onClose}
      title={given.id ? t("people.change", { name: given.name }) : t("teams.add")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form className={styles.form} onSubmit={save}>
        <TextInput
          label={t("teams.name")}
          description={given.id ? t("teams.rename_hint") : null}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={100}
          required
          withAsterisk={false}
          data-autofocus
        />
        <Button type="submit" loading={busy} disabled={!fresh || fresh === given.name}>
          {t("save")}
        </Button>
      </form>
    </Dialog>
  );
}
