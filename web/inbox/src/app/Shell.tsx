/** The signed-in frame: navigation at the side (a drawer on a phone), the page beside it, the state of the link above. */
import { Drawer, useMantineColorScheme } from "@mantine/core";
import { useCallback, useEffect, useMemo, useState } from "react";
import { Outlet, useLocation, useNavigate } from "react-router";
import type { View } from "@/api/types";
import { CommandBar } from "@/app/CommandBar";
import { HelpOverlay } from "@/app/HelpOverlay";
import { LinkBanner } from "@/app/LinkBanner";
import { PHONE, useMedia } from "@/app/media";
import { useNotifier } from "@/app/notifier";
import styles from "@/app/Shell.module.css";
import { Sidebar } from "@/app/Sidebar";
import { useMe } from "@/app/session";
import { ShellContext } from "@/app/shellContext";
import { GO_KEYS, useCommandKey, useShortcuts } from "@/app/shortcuts";
import { useI18n } from "@/i18n";

export function Shell() {
  const { t } = useI18n();
  const me = useMe();
  const phone = useMedia(PHONE);
  const navigate = useNavigate();
  const location = useLocation();
  const { setColorScheme } = useMantineColorScheme();
  const [menu, setMenu] = useState(false);
  const [help, setHelp] = useState(false);
  const [command, setCommand] = useState(false);
  useNotifier();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the drawer
  useEffect(() => setMenu(false), [location.pathname]);

  const go = useCallback((view: View) => navigate(`/inbox/${view}`), [navigate]);
  useShortcuts({
    help: () => setHelp(true),
    ...Object.fromEntries(Object.entries(GO_KEYS).map(([view]) => [`go_${view}`, () => go(view as View)])),
    go_settings: () => navigate("/settings"),
    go_tasks: () => navigate("/tasks"),
    scheme: () => {
      const dark = document.documentElement.getAttribute("data-mantine-color-scheme") === "dark";
      setColorScheme(dark ? "light" : "dark");
    },
  });

  useCommandKey(() => setCommand(true));

  const shell = useMemo(() => ({ phone, openMenu: () => setMenu(true), openHelp: () => setHelp(true) }), [phone]);
  const openCommand = () => {
    setMenu(false);
    setCommand(true);
  };
  const sidebar = <Sidebar onHelp={() => setHelp(true)} onCommand={openCommand} />;
  return (
    <ShellContext value={shell}>
      <a href="#content" className="skip">
        {t("skip")}
      </a>
      <div className={styles.shell}>
        {phone ? (
          <Drawer
            opened={menu}
            onClose={() => setMenu(false)}
            withCloseButton={false}
            size={280}
            padding={0}
            title={<span className="only-heard">{t("nav.label")}</span>}
            classNames={{ body: styles.drawerBody ?? "", header: "only-heard" }}
          >
            {sidebar}
          </Drawer>
        ) : (
          sidebar
        )}
        <main id="content" className={styles.content} tabIndex={-1}>
          <h1 className="only-heard">{t("app.heading", { project: me.project.name })}</h1>
          <LinkBanner />
          <Outlet />
        </main>
      </div>
      <HelpOverlay opened={help} onClose={() => setHelp(false)} />
      {command ? <CommandBar onClose={() => setCommand(false)} /> : null}
    </ShellContext>
  );
}
