/** The project as a whole, for those who manage it: what it is called, its language and its time zone. */
import { Button, Input, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { api } from "@/api/calls";
import type { Me } from "@/api/types";
import { useMe } from "@/app/session";
import { LOCALES, type Locale, useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { Card } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

export function ProjectCard() {
  const { project, rights } = useMe();
  return rights.includes("manage") ? <Fields key={project.id} project={project} /> : null;
}

function Fields({ project }: { project: Me["project"] }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const label = useId();
  const [name, setName] = useState(project.name);
  const [locale, setLocale] = useState(project.locale as Locale);
  const [zone, setZone] = useState(project.time_zone);
  const zones = [...new Set(["UTC", project.time_zone, ...Intl.supportedValuesOf("timeZone")])];
  const same = name.trim() === project.name && locale === project.locale && zone === project.time_zone;
  const save = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const changed = await api.changeProject({ name: name.trim(), locale, time_zone: zone });
      client.setQueryData<Me>(keys.me, (me) => (me ? { ...me, project: changed } : me));
      await client.invalidateQueries({ queryKey: keys.me });
    }, t("saved"));
  };
  return (
    <Card title={t("project.title")} lead={t("project.lead")}>
      <form className={styles.form} onSubmit={save}>
        <TextInput
          label={t("project.name")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={100}
          required
          withAsterisk={false}
        />
        <Select
          label={t("project.zone")}
          description={t("project.zone_hint")}
          data={zones}
          value={zone}
          onChange={(value) => setZone(value ?? project.time_zone)}
          allowDeselect={false}
          searchable
          limit={100}
          nothingFoundMessage={t("project.no_zone")}
        />
        <div>
          <Input.Label id={label} labelElement="div">
            {t("project.locale")}
          </Input.Label>
          <SegmentedControl
            aria-labelledby={label}
            value={locale}
            onChange={(value) => setLocale(value as Locale)}
            data={Object.entries(LOCALES).map(([value, label]) => ({ value, label }))}
          />
        </div>
        <Button type="submit" loading={busy} disabled={!name.trim() || same}>
          {t("save")}
        </Button>
      </form>
    </Card>
  );
}
