/** What was published, what changed between two versions, and the way back to an older one. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { flowApi, flowKeys, versionOptions } from "@/flows/calls";
import { Difference } from "@/flows/Difference";
import { type Files, filesOf } from "@/flows/draft";
import { FileTabs } from "@/flows/FileTabs";
import page from "@/flows/FlowPage.module.css";
import { useFlowI18n } from "@/flows/i18n";
import { nextLabel } from "@/flows/PublishDialog";
import type { Version } from "@/flows/types";
import styles from "@/flows/Versions.module.css";
import { useNames } from "@/inbox/names";
import { Dialog } from "@/ui/Dialog";
import { IconGitBranch } from "@/ui/icons";
import { Loaded } from "@/ui/PageFrame";
import { Badge, Empty } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

const DRAFT = "draft";

interface Props {
  flow: string;
  files: Files;
  own: string;
  onTake: (files: Files) => void;
}

export function Versions({ flow, files, own, onTake }: Props) {
  const { t } = useFlowI18n();
  const versions = useQuery({ queryKey: flowKeys.versions(flow), queryFn: () => flowApi.versions(flow) });
  return (
    <div className={page.scroll}>
      <div className={page.inner}>
        <Loaded query={versions}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon={IconGitBranch} title={t("versions.none")}>
                {t("versions.none_hint")}
              </Empty>
            ) : (
              <History flow={flow} items={items} files={files} own={own} onTake={onTake} />
            )
          }
        </Loaded>
      </div>
    </div>
  );
}

function History({ flow, items, files, own, onTake }: Props & { items: Version[] }) {
  const { t, format } = useFlowI18n();
  const names = useNames();
  const newest = items[0]?.label ?? "";
  const [older, setOlder] = useState(newest);
  const [newer, setNewer] = useState(DRAFT);
  const [back, setBack] = useState<Version | null>(null);
  const compare = (label: string, index: number) => {
    setOlder(label);
    setNewer(index === 0 ? DRAFT : (items[index - 1]?.label ?? DRAFT));
  };
  return (
    <>
      <ol className={styles.versions} aria-label={t("tab.versions")}>
        {items.map((version, index) => (
          <li key={version.label} data-chosen={older === version.label || undefined}>
            <span className={styles.label}>{version.label}</span>
            <span className={styles.about}>
              <b>
                {version.title} {index === 0 ? <Badge tone="good">{t("versions.in_force")}</Badge> : null}
                {version.patch > 0 ? <Badge>{t("versions.texts_only")}</Badge> : null}
                {version.restores ? <Badge>{t("versions.restores", { version: version.restores })}</Badge> : null}
              </b>
              <span>
                {format.full(version.at)}
                {version.by ? ` · ${names.operator(version.by)}` : ""}
              </span>
            </span>
            <Button size="compact-sm" variant="default" onClick={() => compare(version.label, index)}>
              {t(index === 0 ? "versions.with_draft" : "versions.with_next")}
              <span className="only-heard"> {version.label}</span>
            </Button>
            {index === 0 ? null : (
              <Button size="compact-sm" variant="default" onClick={() => setBack(version)}>
                {t("versions.roll_back")}
                <span className="only-heard"> {version.label}</span>
              </Button>
            )}
          </li>
        ))}
      </ol>
      <Compare flow={flow} older={older} newer={newer} files={files} own={own} onTake={onTake} />
      {back ? <RollBack flow={flow} version={back} newest={newest} onClose={() => setBack(null)} /> : null}
    </>
  );
}

interface CompareProps extends Props {
  older: string;
  newer: string;
}

function Compare({ flow, older, newer, files, own, onTake }: CompareProps) {
  const { t } = useFlowI18n();
  const first = useQuery(versionOptions(flow, older));
  const second = useQuery({ ...versionOptions(flow, newer), enabled: newer !== DRAFT });
  const [chosen, setFile] = useState(own);
  const query = newer === DRAFT ? first : second;
  return (
    <Loaded query={first}>
      {(old) => (
        <Loaded query={query}>
          {(loaded) => {
            const before = filesOf(old.sources);
            const after = newer === DRAFT ? files : filesOf(loaded.sources);
            const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
            const file = names.includes(chosen) ? chosen : (names[0] ?? own);
            const named = newer === DRAFT ? t("versions.draft") : t("versions.version", { version: newer });
            const same = names.every((name) => before[name] === after[name]);
            return (
              <section className={styles.compare} aria-label={t("versions.compare")}>
                <div className={styles.files}>
                  <FileTabs
                    names={names}
                    shown={file}
                    changed={(name) => before[name] !== after[name]}
                    onShow={setFile}
                  />
                  {newer === DRAFT && !same ? (
                    <Button size="compact-sm" variant="subtle" onClick={() => onTake(before)}>
                      {t("versions.take", { version: older })}
                    </Button>
                  ) : null}
                </div>
                {before[file] === after[file] ? (
                  <p className={page.wait}>{t("versions.same")}</p>
                ) : (
                  <Difference
                    key={`${older}-${newer}-${file}`}
                    before={before[file] ?? ""}
                    after={after[file] ?? ""}
                    beforeLabel={t("versions.version", { version: older })}
                    afterLabel={named}
                  />
                )}
              </section>
            );
          }}
        </Loaded>
      )}
    </Loaded>
  );
}

function RollBack({
  flow,
  version,
  newest,
  onClose,
}: {
  flow: string;
  version: Version;
  newest: string;
  onClose: () => void;
}) {
  const { t } = useFlowI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const go = async () => {
    const done = await run(
      async () => {
        await flowApi.rollBack(flow, version.label);
        await client.invalidateQueries({ queryKey: flowKeys.versions(flow) });
        await client.invalidateQueries({ queryKey: flowKeys.list });
      },
      t("versions.rolled_back", { version: version.label }),
    );
    if (done) onClose();
  };
  return (
    <Dialog
      onClose={onClose}
      title={t("versions.roll_back_title", { version: version.label })}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <p className={styles.explain}>
        {t("versions.roll_back_lead", { version: version.label, next: nextLabel(newest, false) })}
      </p>
      <Button loading={busy} onClick={() => void go()} data-autofocus>
        {t("versions.roll_back_go", { next: nextLabel(newest, false) })}
      </Button>
    </Dialog>
  );
}
