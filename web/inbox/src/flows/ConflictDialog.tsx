/** Somebody else saved the same file meanwhile: both are shown, and nothing is overwritten unseen. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useMe } from "@/app/session";
import { Difference } from "@/flows/Difference";
import type { Files, Kept } from "@/flows/draft";
import { FileTabs } from "@/flows/FileTabs";
import { useFlowI18n } from "@/flows/i18n";
import { useNames } from "@/inbox/names";
import { Dialog } from "@/ui/Dialog";
import page from "@/ui/PageFrame.module.css";

interface Props {
  mine: Files;
  theirs: Kept;
  onResolve: (files: Files) => void;
}

export function ConflictDialog({ mine, theirs, onResolve }: Props) {
  const { t, format } = useFlowI18n();
  const names = useNames();
  const differing = [...new Set([...Object.keys(mine), ...Object.keys(theirs.files)])].filter(
    (name) => mine[name] !== theirs.files[name],
  );
  const [merged, setMerged] = useState<Files>(mine);
  const [file, setFile] = useState(differing[0] ?? "");
  const mineToo = theirs.by === useMe().operator.id;
  const who = mineToo ? t("conflict.other_window") : theirs.by ? names.operator(theirs.by) : t("conflict.somebody");
  return (
    <Dialog
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      size="min(72rem, 96vw)"
      title={mineToo ? t("conflict.title_mine") : t("conflict.title", { name: who })}
    >
      <div className={page.form} style={{ maxWidth: "none" }}>
        <p className={page.quiet}>{t("conflict.lead", { when: format.full(theirs.at) })}</p>
        {differing.length > 1 ? (
          <div className={page.row}>
            <FileTabs names={differing} shown={file} onShow={setFile} />
          </div>
        ) : null}
        <Difference
          key={file}
          before={theirs.files[file] ?? ""}
          after={merged[file] ?? ""}
          beforeLabel={t("conflict.theirs", { name: who })}
          afterLabel={t("conflict.mine")}
          onChange={(text) => setMerged((known) => ({ ...known, [file]: text }))}
        />
        <div className={page.row}>
          <Button onClick={() => onResolve(merged)} data-autofocus>
            {t("conflict.keep")}
          </Button>
          <Button variant="default" onClick={() => onResolve(theirs.files)}>
            {t("conflict.take", { name: who })}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
