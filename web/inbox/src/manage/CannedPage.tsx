/** Canned replies: one's own, and those of everybody. */
import { Button, Switch, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import type { CannedReply } from "@/api/types";
import { useMay } from "@/app/session";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { Dialog } from "@/ui/Dialog";
import { IconBolt, IconPlus } from "@/ui/icons";
import { Card, Loaded, PageFrame, Rows } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { Badge, Empty } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

type Edited = Omit<CannedReply, "id"> & { id: string | null };

const FRESH: Edited = { id: null, shortcut: "", text: "", team: null, personal: true };

export default function CannedPage() {
  const { t } = useI18n();
  const shares = useMay("assign_others");
  const mayWrite = useMay("reply");
  const replies = useQuery({ queryKey: keys.canned, queryFn: api.cannedReplies, staleTime: 60_000 });
  const [edited, setEdited] = useState<Edited | null>(null);
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited({ ...FRESH, personal: !shares })}>
      {t("canned.add")}
    </Button>
  );
  return (
    <PageFrame title={t("nav.canned")} lead={t("canned.lead")} action={mayWrite ? add : null}>
      <Card>
        <Loaded query={replies}>
          {({ items }) => (
            <Rows
              items={items}
              none={
                <Empty icon={IconBolt} title={t("canned.none")}>
                  {t("canned.none_hint")}
                </Empty>
              }
            >
              {(item) => (
                <li key={item.id}>
                  <div className={styles.main}>
                    <b>
                      /{item.shortcut}
                      {item.personal ? <Badge>{t("canned.personal")}</Badge> : null}
                    </b>
                    <span>{item.text}</span>
                  </div>
                  {mayWrite && (item.personal || shares) ? (
                    <Button
                      variant="default"
                      size="compact-sm"
                      aria-label={t("contact.edit_field", { name: item.shortcut })}
                      onClick={() => setEdited(item)}
                    >
                      {t("edit")}
                    </Button>
                  ) : null}
                </li>
              )}
            </Rows>
          )}
        </Loaded>
      </Card>
      {edited ? <Editor given={edited} shares={shares} onClose={() => setEdited(null)} /> : null}
    </PageFrame>
  );
}

function Editor({ given, shares, onClose }: { given: Edited; shares: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [reply, setReply] = useState(given);
  const shortcut = reply.shortcut.trim().replace(/^\//, "");
  const valid = /^[^\s/]{1,64}$/.test(shortcut) && reply.text.trim() !== "";
  const finish = async (work: () => Promise<unknown>) => {
    if (!(await run(work))) return;
    await client.invalidateQueries({ queryKey: keys.canned });
    onClose();
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    const { id, text, team, personal } = reply;
    if (valid) void finish(() => api.saveCannedReply(id, { shortcut, text: text.trim(), team, personal }));
  };
  return (
    <Dialog
      onClose={onClose}
      title={t(given.id ? "canned.edit" : "canned.add")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form className={styles.form} onSubmit={save}>
        <TextInput
          label={t("canned.shortcut")}
          description={t("canned.shortcut_hint")}
          leftSection="/"
          value={reply.shortcut}
          onChange={(event) => setReply({ ...reply, shortcut: event.currentTarget.value })}
          maxLength={64}
          required
          withAsterisk={false}
          data-autofocus
        />
        <Textarea
          label={t("canned.text")}
          value={reply.text}
          onChange={(event) => setReply({ ...reply, text: event.currentTarget.value })}
          rows={5}
          maxLength={10_000}
          required
          withAsterisk={false}
        />
        {shares ? (
          <Switch
            label={t("canned.for_all")}
            checked={!reply.personal}
            onChange={(event) => setReply({ ...reply, personal: !event.currentTarget.checked })}
          />
        ) : null}
        <div className={styles.row}>
          <Button type="submit" loading={busy} disabled={!valid}>
            {t("save")}
          </Button>
          {given.id ? (
            <Button
              variant="subtle"
              color="red"
              disabled={busy}
              onClick={() => void finish(() => api.deleteCannedReply(given.id ?? ""))}
            >
              {t("delete")}
            </Button>
          ) : null}
        </div>
      </form>
    </Dialog>
  );
}
