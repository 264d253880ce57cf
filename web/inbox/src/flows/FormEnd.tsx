/** The end of a card's form: up, down, delete. */
import { ActionIcon, Button } from "@mantine/core";
import { useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Outline.module.css";
import { IconArrowDown, IconArrowUp, IconTrash } from "@/ui/icons";

interface Props {
  /** Null where there is no further place. */
  up: (() => void) | null;
  down: (() => void) | null;
  onRemove: () => void;
}

export function FormEnd({ up, down, onRemove }: Props) {
  const { t } = useFlowI18n();
  return (
    <div className={styles.formEnd}>
      <ActionIcon size="md" aria-label={t("form.up")} disabled={!up} onClick={() => up?.()}>
        <IconArrowUp size={16} />
      </ActionIcon>
      <ActionIcon size="md" aria-label={t("form.down")} disabled={!down} onClick={() => down?.()}>
        <IconArrowDown size={16} />
      </ActionIcon>
      <Button variant="subtle" color="red" size="compact-sm" leftSection={<IconTrash size={14} />} onClick={onRemove}>
        {t("form.remove")}
      </Button>
    </div>
  );
}
