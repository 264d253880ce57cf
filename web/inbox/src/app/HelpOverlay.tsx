/** The list of keys. */
import { Kbd, Modal } from "@mantine/core";
import { Fragment } from "react";
import { VIEWS } from "@/api/types";
import styles from "@/app/HelpOverlay.module.css";
import { useMe } from "@/app/session";
import { GO_KEYS, ON_MAC } from "@/app/shortcuts";
import { type Key, useI18n } from "@/i18n";

const MOD = ON_MAC ? "⌘" : "Ctrl";

type Plain = Extract<Key, `help.${string}`>;

const GROUPS: [Plain, [string[], Plain][]][] = [
  [
    "help.moving",
    [
      [["J"], "help.next"],
      [["K"], "help.previous"],
      [[MOD, "K"], "help.command"],
      [["/"], "help.search"],
      [["U"], "help.list"],
      [["I"], "help.contact"],
      [["D"], "help.scheme"],
      [["?"], "help.help"],
    ],
  ],
  [
    "help.working",
    [
      [["R"], "help.reply"],
      [["N"], "help.note"],
      [["T"], "help.take"],
      [["H"], "help.hand_back"],
      [["A"], "help.assign"],
      [["S"], "help.snooze"],
      [["C"], "help.call_back"],
      [["L"], "help.tags"],
      [["E"], "help.resolve"],
      [["Z"], "help.undo"],
    ],
  ],
  [
    "help.several",
    [
      [["X"], "help.select"],
      [["Shift", "X"], "help.select_to"],
      [["A", "S", "L", "E"], "help.bulk"],
      [["Esc"], "help.clear"],
    ],
  ],
  [
    "help.writing",
    [
      [[MOD, "Enter"], "help.send"],
      [["Shift", "Enter"], "help.newline"],
      [["/"], "help.canned"],
      [["Esc"], "help.leave"],
    ],
  ],
];

function Keys({ keys, label }: { keys: string[]; label: string }) {
  return (
    <li>
      <span>{label}</span>
      <span className={styles.keys}>
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </span>
    </li>
  );
}

export function HelpOverlay({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const several = useMe().projects.length > 1;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("help.title")}
      size={760}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <div className={styles.groups}>
        {GROUPS.map(([title, rows]) => (
          <Fragment key={title}>
            <section>
              <h3>{t(title)}</h3>
              <ul>
                {rows.map(([keys, label]) => (
                  <Keys key={label} keys={keys} label={t(label)} />
                ))}
              </ul>
            </section>
          </Fragment>
        ))}
        <section>
          <h3>{t("help.going")}</h3>
          <ul>
            {VIEWS.map((view) => (
              <Keys key={view} keys={["G", GO_KEYS[view].slice(3)]} label={t(`view.${view}`)} />
            ))}
            <Keys keys={["G", "C"]} label={t("help.tasks")} />
            {several ? <Keys keys={["G", "P"]} label={t("nav.projects")} /> : null}
          </ul>
        </section>
      </div>
    </Modal>
  );
}
