/** The head of an open conversation: with whom, who else is here, and what can be done. */
import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import type { ConversationDetail, Priority } from "@/api/types";
import { useMay, useMe } from "@/app/session";
import { useShell } from "@/app/shellContext";
import { useI18n } from "@/i18n";
import type { Act } from "@/inbox/actions";
import styles from "@/inbox/ConversationPane.module.css";
import type { Dialog } from "@/inbox/Dialogs";
import { usePresence } from "@/live/presence";
import { Avatar } from "@/ui/Avatar";
import {
  IconArrowLeft,
  IconBan,
  IconCheck,
  IconClock,
  IconDots,
  IconFlag3,
  IconInbox,
  IconLayoutSidebarRight,
  IconPencil,
  IconPhone,
  IconRobot,
  IconTag,
  IconUserCheck,
  IconUserPlus,
} from "@/ui/icons";
import { ChannelIcon } from "@/ui/parts";

const PRIORITIES: (Priority | null)[] = ["urgent", "high", "medium", "low", null];

interface Props {
  detail: ConversationDetail;
  name: string;
  busy: boolean;
  act: Act;
  onTake: () => void;
  onResolve: () => void;
  onDialog: (dialog: Dialog) => void;
  contactOpen: boolean;
  onContact: () => void;
  onClose: () => void;
}

export function ThreadHeader(props: Props) {
  const { t } = useI18n();
  const { phone } = useShell();
  const mayReply = useMay("reply");
  const { detail, name } = props;
  return (
    <header className={styles.header}>
      {phone ? (
        <ActionIcon size="lg" aria-label={t("back_to_list")} onClick={props.onClose}>
          <IconArrowLeft size={20} />
        </ActionIcon>
      ) : null}
      <button type="button" className={styles.person} onClick={props.onContact} title={t("help.contact")}>
        <Avatar name={name} seed={detail.contact} />
        <span className={styles.personText}>
          <span className={styles.personName}>{name}</span>
          <span className={styles.personChannel}>
            <ChannelIcon kind={detail.channel_detail.kind} size={13} /> <span>{detail.channel_detail.name}</span>
          </span>
        </span>
      </button>
      <h2 className="only-heard">{t("thread.with", { name })}</h2>
      <Colleagues id={detail.id} />
      {mayReply ? <Actions {...props} phone={phone} /> : null}
      {phone || props.contactOpen ? null : (
        <Tooltip label={t("help.contact")}>
          <ActionIcon size="lg" aria-label={t("help.contact")} onClick={props.onContact}>
            <IconLayoutSidebarRight size={18} />
          </ActionIcon>
        </Tooltip>
      )}
    </header>
  );
}

/** Avatars of who else is here: a pencil while they write. */
function Colleagues({ id }: { id: string }) {
  const { t } = useI18n();
  const present = usePresence(id).filter((item) => !item.contact);
  if (present.length === 0) return null;
  return (
    <ul className={styles.colleagues} aria-label={t("presence.here")}>
      {present.slice(0, 4).map((item) => {
        const name = item.name ?? t("colleague");
        const label = t(item.typing ? "presence.typing" : "presence.viewing", { name });
        return (
          <Tooltip key={item.id} label={label} openDelay={100}>
            <li>
              <Avatar name={name} seed={item.id} size="sm" />
              <span className="only-heard">{label}</span>
              {item.typing ? (
                <span className={styles.pencil}>
                  <IconPencil size={10} stroke={2.5} aria-hidden />
                </span>
              ) : null}
            </li>
          </Tooltip>
        );
      })}
    </ul>
  );
}

function Actions({ detail, busy, act, onTake, onResolve, onDialog, phone }: Props & { phone: boolean }) {
  const { t } = useI18n();
  const me = useMe().operator.id;
  const active = detail.status === "open" || detail.status === "snoozed";
  const mine = detail.control === "operator" && detail.assignee === me;
  // With an open question the bot goes on there; without, somebody says which questionnaire it is to lead.
  const goesOn = detail.flow?.state === "active" || detail.flow?.state === "waiting_operator";
  return (
    <div className={styles.actions}>
      {active && !mine && !phone ? (
        <Button variant="default" px="sm" onClick={onTake} disabled={busy}>
          {t("action.take")}
        </Button>
      ) : null}
      {phone || !active ? null : (
        <>
          <Tooltip label={t("action.assign")}>
            <ActionIcon size="lg" aria-label={t("action.assign")} onClick={() => onDialog("assign")}>
              <IconUserPlus size={18} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t("action.snooze")}>
            <ActionIcon size="lg" aria-label={t("action.snooze")} onClick={() => onDialog("snooze")}>
              <IconClock size={18} />
            </ActionIcon>
          </Tooltip>
        </>
      )}
      <Menu position="bottom-end" width={232}>
        <Menu.Target>
          <ActionIcon size="lg" aria-label={t("action.more")}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {active && !mine && phone ? (
            <Menu.Item leftSection={<IconUserCheck size={16} />} onClick={onTake}>
              {t("action.take")}
            </Menu.Item>
          ) : null}
          {active && phone ? (
            <>
              <Menu.Item leftSection={<IconUserPlus size={16} />} onClick={() => onDialog("assign")}>
                {t("action.assign")}
              </Menu.Item>
              <Menu.Item leftSection={<IconClock size={16} />} onClick={() => onDialog("snooze")}>
                {t("action.snooze")}
              </Menu.Item>
            </>
          ) : null}
          {active && detail.control === "operator" ? (
            <Menu.Item
              leftSection={<IconInbox size={16} />}
              onClick={() => void act({ action: "hand_back", to: "queue" })}
            >
              {t("action.to_queue")}
            </Menu.Item>
          ) : null}
          {active && detail.control !== "bot" ? (
            <Menu.Item
              leftSection={<IconRobot size={16} />}
              onClick={() => (goesOn ? void act({ action: "hand_back", to: "bot" }) : onDialog("flow"))}
            >
              {t(goesOn ? "action.to_bot_on" : "action.to_bot")}
            </Menu.Item>
          ) : null}
          <Menu.Item leftSection={<IconPhone size={16} />} onClick={() => onDialog("call_back")}>
            {t("tasks.add")}
          </Menu.Item>
          <Menu.Item leftSection={<IconTag size={16} />} onClick={() => onDialog("tags")}>
            {t("action.tags")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Label>{t("priority.label")}</Menu.Label>
          {PRIORITIES.map((priority) => (
            <Menu.Item
              key={priority ?? "none"}
              leftSection={<IconFlag3 size={16} />}
              rightSection={
                detail.priority === priority ? <IconCheck size={16} aria-label={t("picker.chosen")} /> : null
              }
              onClick={() => void act({ action: "priority", priority })}
            >
              {t(`priority.${priority ?? "none"}`)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          {detail.status === "spam" ? null : (
            <Menu.Item color="red" leftSection={<IconBan size={16} />} onClick={() => void act({ action: "spam" })}>
              {t("action.spam")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Button variant={active ? "filled" : "default"} px="sm" onClick={onResolve} disabled={busy}>
        {t(active ? "action.resolve" : "action.reopen")}
      </Button>
    </div>
  );
}
