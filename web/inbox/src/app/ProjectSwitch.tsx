/** The project that one works in and, for who has several, the way to another one. */
import { useState } from "react";
import { api } from "@/api/calls";
import { leavePlace } from "@/api/client";
import { Logo } from "@/app/Logo";
import styles from "@/app/Sidebar.module.css";
import { useMe } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { toast } from "@/state/toasts";
import { IconSelector } from "@/ui/icons";
import { Picker } from "@/ui/Picker";

export function ProjectSwitch() {
  const { t } = useI18n();
  const words = useWords();
  const { project, projects } = useMe();
  const [choosing, setChoosing] = useState(false);
  const [going, setGoing] = useState(false);
  const several = projects.length > 1;
  useShortcuts(several ? { go_project: () => setChoosing(true) } : {});

  /** Everything that this page holds belongs to the project it leaves: the other one begins with a page of its own. */
  const go = async (id: string) => {
    setChoosing(false);
    if (id === project.id) return;
    setGoing(true);
    try {
      await leavePlace();
      await api.enterProject(id);
      location.replace("/inbox/unattended");
    } catch (error) {
      toast("bad", words(error));
      setGoing(false);
    }
  };

  const name = (
    <>
      <Logo size={28} />
      <span className={styles.projectName}>{project.name}</span>
    </>
  );
  if (!several) return <div className={styles.project}>{name}</div>;
  return (
    <>
      <button
        type="button"
        className={styles.project}
        aria-haspopup="dialog"
        aria-label={t("nav.project", { project: project.name })}
        disabled={going}
        onClick={() => setChoosing(true)}
      >
        {name}
        <IconSelector size={16} aria-hidden />
      </button>
      <Picker
        opened={choosing}
        title={t("nav.projects")}
        options={projects.map(({ id, name }) => ({ id, label: name, chosen: id === project.id }))}
        onPick={(id) => void go(id)}
        onClose={() => setChoosing(false)}
      />
    </>
  );
}
