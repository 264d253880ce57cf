/** A card of the outline: what an entry is at a glance; opened by a click, moved by its grip or by keys. */
import { type DragEvent, type KeyboardEvent, type ReactNode, useState } from "react";
import { useFlowI18n } from "@/flows/i18n";
import styles from "@/flows/Outline.module.css";
import { IconChevronRight, IconGripVertical } from "@/ui/icons";
import { Badge } from "@/ui/parts";

/** Dragging by the grip, with the mouse; keys and the form do the same. */
export function useDrag(onMove: (from: number, to: number) => void) {
  const [from, setFrom] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const end = () => {
    setFrom(null);
    setOver(null);
  };
  return {
    over: from !== null && over !== from ? over : null,
    handle: (index: number) => ({
      draggable: true,
      onDragStart: (event: DragEvent) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", String(index));
        setFrom(index);
      },
      onDragEnd: end,
    }),
    target: (index: number) => ({
      onDragOver: (event: DragEvent) => {
        if (from === null) return;
        event.preventDefault();
        setOver(index);
      },
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        if (from !== null) onMove(from, index);
        end();
      },
    }),
  };
}

interface Props {
  title: string;
  index: number;
  opened: boolean;
  current: boolean;
  faults: number;
  /** Whether one of them is an error. */
  broken: boolean;
  /** When the entry counts. */
  condition: string;
  handle: ReturnType<ReturnType<typeof useDrag>["handle"]>;
  onToggle: () => void;
  onMove: (to: number) => void;
  onRemove: () => void;
  /** What kind of entry it is. */
  marks: ReactNode;
  /** More of it, while the form is closed: what grows as one types would move the form under the pointer. */
  children?: ReactNode;
}

export function Card(props: Props) {
  const {
    title,
    index,
    opened,
    current,
    faults,
    broken,
    condition,
    handle,
    onToggle,
    onMove,
    onRemove,
    marks,
    children,
  } = props;
  const { t } = useFlowI18n();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey && event.key === "ArrowUp") onMove(index - 1);
    else if (event.altKey && event.key === "ArrowDown") onMove(index + 1);
    else if (event.key === "Delete") onRemove();
    else return;
    event.preventDefault();
  };
  return (
    <div className={styles.card} data-opened={opened || undefined} data-current={current || undefined}>
      <span className={styles.grip} aria-hidden title={t("outline.drag")} {...handle}>
        <IconGripVertical size={16} />
      </span>
      <button
        type="button"
        className={styles.open}
        data-entry={index}
        aria-expanded={opened}
        aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown Delete"
        onClick={onToggle}
        onKeyDown={onKeyDown}
      >
        <span className={styles.words}>{title}</span>
        <span className={styles.marks}>
          {marks}
          {faults ? <Badge tone={broken ? "danger" : "warn"}>{t("outline.faults", { n: faults })}</Badge> : null}
        </span>
        {opened ? null : children}
        {condition && !opened ? <code className={styles.condition}>{condition}</code> : null}
      </button>
      <IconChevronRight size={16} className={styles.chevron} aria-hidden />
    </div>
  );
}
