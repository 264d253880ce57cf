/** A link, with its QR code, by which this contact goes on in Telegram as the same person. */
import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/calls";
import type { Contact } from "@/api/types";
import { useMay } from "@/app/session";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { toast } from "@/state/toasts";
import { IconBrandTelegram, IconCopy } from "@/ui/icons";
import styles from "@/ui/PageFrame.module.css";
import { QrCode } from "@/ui/QrCode";
import { useSaving } from "@/ui/useSaving";

export function ContinueInTelegram({ contact }: { contact: Contact }) {
  const { t } = useI18n();
  const { busy, run } = useSaving();
  const may = useMay("reply");
  const channels = useQuery({ queryKey: keys.channels, queryFn: api.channels }).data?.items ?? [];
  const channel = channels.find((one) => one.kind === "telegram" && one.enabled && one.health.state === "running");
  const [link, setLink] = useState<{ url: string; qr_svg: string } | null>(null);
  const known = contact.addresses?.some((address) => address.kind === "telegram");
  if (!may || !channel || known) return null;
  const ask = () => run(async () => setLink(await api.makeLink(contact.id, channel.id)));
  const copy = async () => {
    if (!link) return;
    await navigator.clipboard.writeText(link.url);
    toast("good", t("copied"));
  };
  return (
    <>
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconBrandTelegram size={14} />}
        loading={busy}
        onClick={() => void ask()}
      >
        {t("telegram.continue")}
      </Button>
      <Modal
        opened={link !== null}
        onClose={() => setLink(null)}
        title={t("telegram.continue")}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        {link ? (
          <div className={styles.form}>
            <p className={styles.quiet}>{t("telegram.continue_hint")}</p>
            <QrCode svg={link.qr_svg} label={t("telegram.qr")} />
            <code className={styles.code}>{link.url}</code>
            <Button variant="default" leftSection={<IconCopy size={14} />} onClick={() => void copy()}>
              {t("copy")}
            </Button>
          </div>
        ) : null}
      </Modal>
    </>
  );
}
