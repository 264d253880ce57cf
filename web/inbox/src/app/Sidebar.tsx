/** Where one can go: the views with their counters, the admin pages, and oneself. */
import { Menu, useMantineColorScheme } from "@mantine/core";
import type { IconProps } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ComponentType, useEffect } from "react";
import { NavLink, useNavigate } from "react-router";
import { api } from "@/api/calls";
import { leavePlace, tellSignedOut } from "@/api/client";
import { VIEWS, type View } from "@/api/types";
import { ProjectSwitch } from "@/app/ProjectSwitch";
import styles from "@/app/Sidebar.module.css";
import { useMay, useMe } from "@/app/session";
import { ON_MAC } from "@/app/shortcuts";
import { type Key, type T, useI18n } from "@/i18n";
import { en } from "@/i18n/en";
import { countersOptions } from "@/live/queries";
import { taskCountersOptions } from "@/tasks/queries";
import { Avatar } from "@/ui/Avatar";
import {
  IconAlertTriangle,
  IconArchive,
  IconBan,
  IconBolt,
  IconClock,
  IconDeviceDesktop,
  IconGitBranch,
  IconHistory,
  IconHourglass,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconPhone,
  IconPlug,
  IconRobot,
  IconSettings,
  IconStack2,
  IconSun,
  IconUserCheck,
  IconUserOff,
  IconUsers,
  IconWebhook,
} from "@/ui/icons";

export const VIEW_ICONS: Record<View, ComponentType<IconProps>> = {
  unattended: IconHourglass,
  mine: IconUserCheck,
  unassigned: IconUserOff,
  bot: IconRobot,
  all: IconStack2,
  snoozed: IconClock,
  resolved: IconArchive,
  spam: IconBan,
};

interface Props {
  onHelp: () => void;
  onCommand: () => void;
}

const COMMAND_KEY = <span className={styles.role}>{ON_MAC ? "⌘K" : "Ctrl K"}</span>;

/** Those whose number means work. */
const COUNTED = new Set<View>(["unattended", "mine", "unassigned", "bot", "snoozed"]);

export function Sidebar({ onHelp, onCommand }: Props) {
  const { t } = useI18n();
  const manages = useMay("manage");
  const writesFlows = useMay("write_flows");
  const counters = useQuery(countersOptions());

  return (
    <nav className={styles.sidebar} aria-label={t("nav.label")}>
      <ProjectSwitch />
      <ul className={styles.links}>
        {VIEWS.map((view) => (
          <li key={view}>
            <ViewLink view={view} count={COUNTED.has(view) ? counters.data?.[view] : undefined} />
          </li>
        ))}
        <li>
          <TasksLink />
        </li>
      </ul>
      <ul className={styles.links} data-bottom>
        <li>
          <PageLink to="/canned-replies" icon={IconBolt} label={t("nav.canned")} />
        </li>
        {writesFlows ? (
          <li>
            <PageLink to="/flows" icon={IconGitBranch} label={t("nav.flows")} />
          </li>
        ) : null}
        {manages ? (
          <>
            <li>
              <PageLink to="/channels" icon={IconPlug} label={t("nav.channels")} />
            </li>
            <li>
              <PageLink to="/people" icon={IconUsers} label={t("nav.people")} />
            </li>
            <li>
              <PageLink to="/webhooks" icon={IconWebhook} label={t("nav.webhooks")} />
            </li>
            <li>
              <PageLink to="/audit" icon={IconHistory} label={t("nav.audit")} />
            </li>
            <li>
              <PageLink to="/parked" icon={IconAlertTriangle} label={t("nav.parked")} />
            </li>
          </>
        ) : null}
      </ul>
      <Account onHelp={onHelp} onCommand={onCommand} />
    </nav>
  );
}

function ViewLink({ view, count }: { view: View; count: number | undefined }) {
  const { t } = useI18n();
  const Icon = VIEW_ICONS[view];
  return (
    <NavLink to={`/inbox/${view}`} className={styles.link ?? ""}>
      <Icon size={18} stroke={1.75} aria-hidden />
      <span className={styles.label}>{t(`view.${view}`)}</span>
      {count ? (
        <span className={styles.count} data-strong={view === "unattended" || undefined}>
          {count >= 100 ? "99+" : count}
        </span>
      ) : null}
    </NavLink>
  );
}

/** Calls to be made; strong while one is late. */
function TasksLink() {
  const { t } = useI18n();
  const counters = useQuery(taskCountersOptions()).data;
  const count = (counters?.mine ?? 0) + (counters?.team ?? 0);
  return (
    <NavLink to="/tasks" className={styles.link ?? ""}>
      <IconPhone size={18} stroke={1.75} aria-hidden />
      <span className={styles.label}>{t("nav.tasks")}</span>
      {count ? (
        <span className={styles.count} data-strong={counters?.overdue ? true : undefined}>
          {count >= 100 ? "99+" : count}
        </span>
      ) : null}
    </NavLink>
  );
}

function PageLink({ to, icon: Icon, label }: { to: string; icon: ComponentType<IconProps>; label: string }) {
  return (
    <NavLink to={to} className={styles.link ?? ""}>
      <Icon size={18} stroke={1.75} aria-hidden />
      <span className={styles.label}>{label}</span>
    </NavLink>
  );
}

/** The role in words; one that is newer than this page as it is. */
function roleOf(role: string, t: T): string {
  const key = `role.${role}`;
  return key in en ? (t as (key: Key) => string)(key as Key) : role;
}

function Account({ onHelp, onCommand }: Props) {
  const { t } = useI18n();
  const me = useMe();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();

  useEffect(() => {
    const scheme = document.querySelector('meta[name="color-scheme"]');
    scheme?.setAttribute("content", colorScheme === "auto" ? "light dark" : colorScheme);
  }, [colorScheme]);

  const signOut = async () => {
    await leavePlace();
    await api.signOut().catch(() => undefined);
    tellSignedOut();
  };
  return (
    <Menu position="top-start" width={220}>
      <Menu.Target>
        <button type="button" className={styles.account}>
          <Avatar name={me.operator.name} seed={me.operator.id} />
          <span className={styles.who}>
            <span>{me.operator.name}</span>
            <span className={styles.role}>{roleOf(me.role, t)}</span>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconSettings size={16} />} onClick={() => navigate("/settings")}>
          {t("nav.settings")}
        </Menu.Item>
        <Menu.Item leftSection={<IconBolt size={16} />} rightSection={COMMAND_KEY} onClick={onCommand}>
          {t("command.title")}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onHelp}>
          {t("help.title")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("scheme.label")}</Menu.Label>
        <Menu.Item leftSection={<IconSun size={16} />} onClick={() => setColorScheme("light")}>
          {t("scheme.light")}
        </Menu.Item>
        <Menu.Item leftSection={<IconMoon size={16} />} onClick={() => setColorScheme("dark")}>
          {t("scheme.dark")}
        </Menu.Item>
        <Menu.Item leftSection={<IconDeviceDesktop size={16} />} onClick={() => setColorScheme("auto")}>
          {t("scheme.auto")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          {t("sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
