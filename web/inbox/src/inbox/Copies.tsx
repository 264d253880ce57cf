/** Who beside the contact gets the reply: nobody until somebody chooses them. */
import { TagsInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ConversationDetail } from "@/api/types";
import { useI18n } from "@/i18n";
import styles from "@/inbox/Composer.module.css";
import { threadOptions } from "@/live/queries";
import { IconUsers, IconX } from "@/ui/icons";

const ADDRESS = /^[^\s@<>(),;:\\"[\]]{1,64}@[^\s@<>(),;:\\"[\]]{1,255}$/;
const MOST = 20;

export interface Copying {
  /** The channel can send copies. */
  able: boolean;
  open: boolean;
  chosen: string[];
  others: string[];
  choose: (addresses: string[]) => void;
  begin: () => void;
  clear: () => void;
}

export function useCopies(
  detail: ConversationDetail,
  chosen: string[],
  choose: (addresses: string[]) => void,
): Copying {
  const client = useQueryClient();
  const thread = useQuery(threadOptions(client, detail.id)).data;
  const [open, setOpen] = useState(false);
  const received = thread?.items.findLast((message) => message.direction === "in" && !message.automatic);
  return {
    able: detail.channel_detail.capabilities?.copies === true,
    open: open || chosen.length > 0,
    chosen,
    others: received?.details?.mail?.others ?? [],
    choose,
    begin: () => setOpen(true),
    clear: () => {
      choose([]);
      setOpen(false);
    },
  };
}

export function Copies({ copies }: { copies: Copying }) {
  const { t } = useI18n();
  const { chosen, others, choose } = copies;
  const all = [...new Set([...chosen, ...others])].slice(0, MOST);
  const change = (written: string[]) => {
    const plain = written.map((one) => one.trim().toLowerCase()).filter((one) => ADDRESS.test(one));
    choose([...new Set(plain)].slice(0, MOST));
  };
  if (!copies.open) {
    return (
      <p className={styles.copies}>
        {others.length > 0 ? (
          <button type="button" onClick={() => choose(all)} title={others.join(", ")}>
            <IconUsers size={14} aria-hidden /> {t("composer.reply_all", { n: others.length })}
          </button>
        ) : null}
        <button type="button" onClick={copies.begin}>
          {t("composer.add_copy")}
        </button>
      </p>
    );
  }
  return (
    <div className={styles.copies}>
      <TagsInput
        className={styles.copyField ?? ""}
        size="xs"
        aria-label={t("composer.copies")}
        placeholder={t("composer.copies_placeholder")}
        value={chosen}
        data={others}
        onChange={change}
        splitChars={[",", ";", " "]}
        maxTags={MOST}
        leftSection={t("composer.cc")}
        leftSectionWidth={64}
        autoFocus={chosen.length === 0}
      />
      {all.length > chosen.length ? (
        <button type="button" onClick={() => choose(all)}>
          {t("composer.reply_all", { n: others.length })}
        </button>
      ) : null}
      <button type="button" aria-label={t("composer.no_copies")} onClick={copies.clear}>
        <IconX size={14} />
      </button>
    </div>
  );
}
