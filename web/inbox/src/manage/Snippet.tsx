/** The line that puts a web chat into a page. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { useI18n } from "@/i18n";
import { toast } from "@/state/toasts";
import { IconCopy } from "@/ui/icons";
import styles from "@/ui/PageFrame.module.css";

export function Snippet({ id }: { id: string }) {
  const { t } = useI18n();
  const html = useQuery({ queryKey: ["snippet", id], queryFn: () => api.snippet(id), staleTime: Infinity }).data?.html;
  if (!html) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(html);
    toast("good", t("copied"));
  };
  return (
    <div>
      <p className={styles.quiet}>{t("channels.snippet")}</p>
      <code className={styles.code}>{html}</code>
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
