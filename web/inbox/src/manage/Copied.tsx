/** A text to be taken along: shown as it is, with a button that copies it. */
import { Button } from "@mantine/core";
import { useI18n } from "@/i18n";
import { toast } from "@/state/toasts";
import { IconCopy } from "@/ui/icons";
import styles from "@/ui/PageFrame.module.css";

export function Copied({ label, text }: { label: string; text: string }) {
  const { t } = useI18n();
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    toast("good", t("copied"));
  };
  return (
    <div>
      <p className={styles.quiet}>{label}</p>
      <code className={styles.code}>{text}</code>
      <Button
        mt="xs"
        variant="default"
        size="compact-sm"
        leftSection={<IconCopy size={14} />}
        onClick={() => void copy()}
      >
        {t("copy")}
      </Button>
    </div>
  );
}
