/** What keys and menus open in a conversation: to whom, until when, which tags, a call, a questionnaire. */
import { useQueryClient } from "@tanstack/react-query";
import type { ConversationDetail } from "@/api/types";
import { useI18n } from "@/i18n";
import type { Act } from "@/inbox/actions";
import { FlowPicker } from "@/inbox/FlowPanel";
import { knownTags, Pickers, type Picking } from "@/inbox/Pickers";
import { AddTask } from "@/tasks/AddTask";
import { IconTag } from "@/ui/icons";
import { Picker } from "@/ui/Picker";

export type Dialog = Picking | "flow" | "tags" | "call_back" | null;

interface Props {
  dialog: Dialog;
  open: (dialog: Dialog) => void;
  detail: ConversationDetail;
  act: Act;
}

export function Dialogs(props: Props) {
  return (
    <>
      <Pickers dialog={props.dialog} open={props.open} holder={props.detail} onPick={props.act} />
      <TagsPicker {...props} />
      {props.dialog === "call_back" ? <AddTask detail={props.detail} onClose={() => props.open(null)} /> : null}
      {props.dialog === "flow" ? <BotFlow {...props} /> : null}
    </>
  );
}

/** Which questionnaire the bot is to lead. */
function BotFlow({ open, act }: Props) {
  const { t } = useI18n();
  const pick = (flow: string) => {
    open(null);
    void act({ action: "hand_back", to: "bot", flow });
  };
  return <FlowPicker title={t("action.to_bot")} onPick={pick} onClose={() => open(null)} />;
}

function TagsPicker({ dialog, open, detail, act }: Props) {
  const { t } = useI18n();
  const client = useQueryClient();
  const opened = dialog === "tags";
  const options = knownTags(opened ? client : null, detail.tags).map((tag) => ({
    id: tag,
    label: tag,
    icon: <IconTag size={18} />,
    chosen: detail.tags.includes(tag),
  }));
  const toggle = (tag: string) => {
    const tags = detail.tags.includes(tag) ? detail.tags.filter((other) => other !== tag) : [...detail.tags, tag];
    void act({ action: "tags", tags });
  };
  return (
    <Picker
      opened={opened}
      title={t("action.tags")}
      options={options}
      onPick={toggle}
      onClose={() => open(null)}
      create={(typed) => t("tags.create", { tag: typed })}
      onCreate={toggle}
    />
  );
}
