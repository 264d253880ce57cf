/** The flows of the project: what is live, what is being written, and where to begin. */
import { ActionIcon, Button, Menu, SegmentedControl } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { flowApi, flowKeys, listOptions, stuckOptions } from "@/flows/calls";
import styles from "@/flows/FlowsPage.module.css";
import { type FlowT, useFlowI18n } from "@/flows/i18n";
import { NewFlowDialog } from "@/flows/NewFlowDialog";
import { copyOf, freeName, TEMPLATES, type Template } from "@/flows/templates";
import type { FlowSummary } from "@/flows/types";
import {
  IconArchive,
  IconChartBar,
  IconCopy,
  IconDots,
  IconGitBranch,
  IconPencil,
  IconPlus,
  IconSettings,
  IconTrash,
} from "@/ui/icons";
import { Card, Loaded, PageFrame } from "@/ui/PageFrame";
import { Badge, Empty } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

/** How often the numbers of running sessions are read again. */
const LIVE_EVERY_MS = 15_000;

type Shown = "active" | "archived";

export default function FlowsPage() {
  const { t } = useFlowI18n();
  const flows = useQuery({ ...listOptions(), refetchInterval: LIVE_EVERY_MS });
  const [shown, setShown] = useState<Shown>("active");
  const [template, setTemplate] = useState<Template | null>(null);
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setTemplate("blank")}>
      {t("list.new")}
    </Button>
  );
  const taken = flows.data?.items.map((item) => item.flow) ?? [];
  return (
    <PageFrame title={t("list.title")} lead={t("list.lead")} action={flows.data?.items.length ? add : null}>
      <Loaded query={flows}>
        {({ items }) => {
          const archived = items.filter((item) => item.archived);
          const listed = shown === "archived" ? archived : items.filter((item) => !item.archived);
          if (items.length === 0) return <Beginning onChoose={setTemplate} />;
          return (
            <>
              {archived.length > 0 ? (
                <SegmentedControl
                  className={styles.filter ?? ""}
                  aria-label={t("list.shown")}
                  value={shown}
                  onChange={(value) => setShown(value as Shown)}
                  data={[
                    { value: "active", label: t("list.active") },
                    { value: "archived", label: `${t("list.archived")} · ${archived.length}` },
                  ]}
                />
              ) : null}
              <section className={styles.list} aria-label={t("list.title")}>
                {listed.length === 0 ? (
                  <Empty icon={IconGitBranch} title={t("list.none_here")} />
                ) : (
                  <ul>
                    {listed.map((item) => (
                      <Row key={item.flow} item={item} taken={taken} />
                    ))}
                  </ul>
                )}
              </section>
              <Link to="/flows/bot" className={styles.shared}>
                <IconSettings size={18} stroke={1.75} aria-hidden />
                <span>
                  <b>{t("shared.title")}</b>
                  <span>{t("shared.lead")}</span>
                </span>
              </Link>
            </>
          );
        }}
      </Loaded>
      {template ? <NewFlowDialog first={template} taken={taken} onClose={() => setTemplate(null)} /> : null}
    </PageFrame>
  );
}

/** Nothing is there yet: what a flow is, and three ways to begin. */
function Beginning({ onChoose }: { onChoose: (template: Template) => void }) {
  const { t } = useFlowI18n();
  return (
    <Card>
      <div className={styles.beginning}>
        <span className={styles.bigIcon} aria-hidden>
          <IconGitBranch size={26} stroke={1.5} />
        </span>
        <h3>{t("begin.title")}</h3>
        <p>{t("begin.lead")}</p>
        <ol>
          {(["write", "try", "publish"] as const).map((step) => (
            <li key={step}>
              <b>{t(`begin.${step}`)}</b>
              <span>{t(`begin.${step}_hint`)}</span>
            </li>
          ))}
        </ol>
        <div className={styles.templates}>
          {TEMPLATES.map((template) => (
            <button key={template} type="button" onClick={() => onChoose(template)}>
              <b>{t(`template.${template}`)}</b>
              <span>{t(`template.${template}_hint`)}</span>
            </button>
          ))}
        </div>
      </div>
    </Card>
  );
}

function StateBadges({ item, t }: { item: FlowSummary; t: FlowT }) {
  return (
    <>
      {item.archived ? <Badge>{t("state.archived")}</Badge> : null}
      {item.version ? (
        <Badge tone={item.archived ? "plain" : "good"}>{t("state.published", { version: item.version })}</Badge>
      ) : (
        <Badge>{t("state.draft")}</Badge>
      )}
      {item.state === "changed" ? <Badge tone="accent">{t("state.changed")}</Badge> : null}
      {item.errors ? <Badge tone="danger">{t("state.errors", { n: item.errors })}</Badge> : null}
      {!item.errors && item.warnings ? <Badge tone="warn">{t("state.warnings", { n: item.warnings })}</Badge> : null}
    </>
  );
}

function Row({ item, taken }: { item: FlowSummary; taken: string[] }) {
  const { t, format } = useFlowI18n();
  const stuck = useQuery(stuckOptions()).data?.items.filter((one) => one.flow === item.flow).length ?? 0;
  const live = Object.values(item.live).reduce((sum, count) => sum + count, 0);
  return (
    <li>
      <Link to={`/flows/${item.flow}`} className={styles.rowLink}>
        <span className={styles.title}>{item.title}</span>
        <span className={styles.name}>{item.flow}</span>
      </Link>
      <span className={styles.badges}>
        <StateBadges item={item} t={t} />
        {stuck > 0 ? (
          <Link to={`/flows/${item.flow}/results`} className={styles.stuck}>
            <Badge tone="danger">{t("state.stuck", { n: stuck })}</Badge>
          </Link>
        ) : null}
      </span>
      <span className={styles.live} data-any={live > 0 || undefined}>
        {live > 0 ? t("list.live", { n: live }) : item.version ? t("list.no_live") : ""}
        {item.updated_at ? <span>{t("list.edited", { when: format.brief(item.updated_at) })}</span> : null}
      </span>
      <RowMenu item={item} taken={taken} />
    </li>
  );
}

function RowMenu({ item, taken }: { item: FlowSummary; taken: string[] }) {
  const { t } = useFlowI18n();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { run } = useSaving();
  const finish = (work: () => Promise<unknown>, done: string) =>
    run(async () => {
      await work();
      await client.invalidateQueries({ queryKey: flowKeys.list });
    }, done);
  const duplicate = () =>
    finish(async () => {
      const draft = await flowApi.draft(item.flow);
      const name = freeName(item.flow, taken);
      const title = t("list.copy_title", { title: item.title });
      await flowApi.create(name, copyOf(draft.sources, item.flow, name, title));
      navigate(`/flows/${name}`);
    }, t("list.duplicated"));
  const archive = () =>
    finish(
      () => flowApi.archive(item.flow, item.revision, !item.archived),
      t(item.archived ? "list.restored" : "list.put_away"),
    );
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon size="lg" aria-label={t("list.more", { title: item.title })}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => navigate(`/flows/${item.flow}`)}>
          {t("list.open")}
        </Menu.Item>
        <Menu.Item leftSection={<IconChartBar size={16} />} onClick={() => navigate(`/flows/${item.flow}/results`)}>
          {t("tab.results")}
        </Menu.Item>
        <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => void duplicate()}>
          {t("list.duplicate")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconArchive size={16} />} onClick={() => void archive()}>
          {t(item.archived ? "list.restore" : "list.archive")}
        </Menu.Item>
        {item.version ? null : (
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={16} />}
            onClick={() => void finish(() => flowApi.remove(item.flow, item.revision), t("list.deleted"))}
          >
            {t("list.delete")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
