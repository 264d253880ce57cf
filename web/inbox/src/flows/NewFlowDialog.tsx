/** A new flow: a template, what people call it, and the name it has in files and expressions. */
import { Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { flowApi, flowKeys } from "@/flows/calls";
import styles from "@/flows/FlowsPage.module.css";
import { useFlowI18n } from "@/flows/i18n";
import { freeName, nameOf, TEMPLATES, type Template, templateText, withHead } from "@/flows/templates";
import { ID } from "@/flows/vocabulary";
import { Dialog } from "@/ui/Dialog";
import page from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

export function NewFlowDialog({ first, taken, onClose }: { first: Template; taken: string[]; onClose: () => void }) {
  const { t, locale } = useFlowI18n();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { busy, run } = useSaving();
  const [template, setTemplate] = useState(first);
  const [title, setTitle] = useState("");
  const [typed, setTyped] = useState<string | null>(null);
  const name = typed ?? freeName(nameOf(title), taken);
  const fault = !ID.test(name) || name === "bot" ? t("new.bad_name") : taken.includes(name) ? t("new.taken") : null;
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (fault) return;
    const text = withHead(templateText(template, locale), { flow: name, title: title.trim() || t("new.untitled") });
    void run(async () => {
      await flowApi.create(name, [{ name: `${name}.yml`, text }]);
      await client.invalidateQueries({ queryKey: flowKeys.list });
      navigate(`/flows/${name}`);
    });
  };
  return (
    <Dialog onClose={onClose} size="lg" title={t("list.new")} closeButtonProps={{ "aria-label": t("close") }}>
      <form className={page.form} style={{ maxWidth: "none" }} onSubmit={save}>
        <fieldset className={styles.templates} style={{ border: 0, margin: 0, padding: 0 }}>
          <legend className="only-heard">{t("new.template")}</legend>
          {TEMPLATES.map((one) => (
            <button key={one} type="button" aria-pressed={one === template} onClick={() => setTemplate(one)}>
              <b>{t(`template.${one}`)}</b>
              <span>{t(`template.${one}_hint`)}</span>
            </button>
          ))}
        </fieldset>
        <TextInput
          label={t("new.title")}
          placeholder={t("new.title_placeholder")}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
          maxLength={128}
          data-autofocus
        />
        <TextInput
          label={t("new.name")}
          description={t("new.name_hint")}
          value={name}
          onChange={(event) => setTyped(event.currentTarget.value)}
          error={typed !== null || title ? fault : null}
          maxLength={64}
        />
        <Button type="submit" loading={busy} disabled={fault !== null}>
          {t("new.create")}
        </Button>
      </form>
    </Dialog>
  );
}
