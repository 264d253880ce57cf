/** The box that chooses a conversation, in the place of its face; with Shift all from the last one up to it. */
import type { Conversation } from "@/api/types";
import { useI18n } from "@/i18n";
import styles from "@/inbox/ConversationList.module.css";
import type { Chosen } from "@/inbox/useChosen";

export function ChooseBox({ item, chosen }: { item: Conversation; chosen: Chosen }) {
  const { t } = useI18n();
  return (
    <label className={styles.choose}>
      <input
        type="checkbox"
        aria-label={t("bulk.one", { name: item.contact_name ?? t("contact.nameless") })}
        tabIndex={chosen.choosing ? 0 : -1}
        checked={chosen.has(item.id)}
        onChange={(event) => {
          // Of a box that is clicked the change comes with the click's own event.
          const { shiftKey } = event.nativeEvent as MouseEvent;
          if (shiftKey) chosen.upTo(item.id);
          else chosen.toggle(item.id);
        }}
      />
    </label>
  );
}
