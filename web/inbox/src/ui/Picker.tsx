/** Pick from a short list by typing: people, teams, times, tags. */
import { Modal } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { useI18n } from "@/i18n";
import { IconCheck } from "@/ui/icons";
import styles from "@/ui/Picker.module.css";

export interface Option {
  id: string;
  label: string;
  hint?: string | undefined;
  icon?: ReactNode;
  chosen?: boolean;
  /** What it stands under. */
  group?: string;
  /** It fits whatever is typed: somebody else has looked for it. */
  always?: boolean;
}

interface Props {
  opened: boolean;
  title: string;
  options: Option[];
  onPick: (id: string) => void;
  onClose: () => void;
  /** Offer what was typed itself, e.g. a new tag. */
  create?: (typed: string) => string;
  onCreate?: (typed: string) => void;
  placeholder?: string;
  onType?: (typed: string) => void;
  /** More is being looked for. */
  busy?: boolean;
}

export function Picker({ opened, title, onClose, ...rest }: Props) {
  const { t } = useI18n();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      centered={false}
      yOffset="12vh"
      size={440}
      padding={0}
      classNames={{ header: styles.head ?? "", title: styles.title ?? "" }}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <PickList {...rest} title={title} />
    </Modal>
  );
}

type ListProps = Omit<Props, "opened" | "onClose">;

export function PickList({ title, options, onPick, create, onCreate, placeholder, onType, busy = false }: ListProps) {
  const { t } = useI18n();
  const base = useId();
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const box = useRef<HTMLDivElement>(null);

  const shown = useMemo(() => {
    const wanted = typed.trim().toLocaleLowerCase();
    const fits = (option: Option) => `${option.label} ${option.hint ?? ""}`.toLocaleLowerCase().includes(wanted);
    const hits = options.filter((option) => option.always || fits(option));
    const exact = options.some((option) => option.label.toLocaleLowerCase() === wanted);
    return create && wanted && !exact ? [...hits, { id: "\u0000new", label: create(typed.trim()) }] : hits;
  }, [options, typed, create]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the active one is scrolled into view
  useEffect(() => {
    box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const pick = (option: Option | undefined) => {
    if (!option) return;
    if (option.id === "\u0000new") {
      onCreate?.(typed.trim());
      setTyped("");
    } else onPick(option.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = shown.length - 1;
    if (event.key === "ArrowDown") setActive((at) => Math.min(last, at + 1));
    else if (event.key === "ArrowUp") setActive((at) => Math.max(0, at - 1));
    else if (event.key === "Enter" && !event.nativeEvent.isComposing) pick(shown[active]);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <input
        className={styles.search}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setActive(0);
          onType?.(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
        placeholder={placeholder ?? t("picker.search")}
        role="combobox"
        aria-label={title}
        aria-expanded
        aria-controls={`${base}-list`}
        aria-activedescendant={shown[active] ? `${base}-${active}` : undefined}
        data-autofocus
      />
      <div ref={box} id={`${base}-list`} role="listbox" aria-label={title} aria-busy={busy} className={styles.options}>
        {grouped(shown).map(({ group, items }) => (
          <Group key={group} name={group}>
            {items.map(({ option, index }) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above has the keys
              <div
                key={option.id}
                id={`${base}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === active}
                className={styles.option}
                onClick={() => pick(option)}
                onPointerMove={() => setActive(index)}
              >
                <span className={styles.icon}>{option.icon}</span>
                <span className={styles.label}>{option.label}</span>
                {option.hint ? <span className={styles.hint}>{option.hint}</span> : null}
                {option.chosen ? <IconCheck size={16} aria-label={t("picker.chosen")} /> : null}
              </div>
            ))}
          </Group>
        ))}
      </div>
      {shown.length === 0 && !busy ? <p className={styles.none}>{t("picker.none")}</p> : null}
    </>
  );
}

interface Placed {
  option: Option;
  index: number;
}

/** The options under what they stand under, each with its place among all. */
function grouped(options: Option[]): { group: string; items: Placed[] }[] {
  const groups = new Map<string, Placed[]>();
  for (const [index, option] of options.entries()) {
    const group = option.group ?? "";
    groups.set(group, [...(groups.get(group) ?? []), { option, index }]);
  }
  return [...groups].map(([group, items]) => ({ group, items }));
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  if (!name) return <>{children}</>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a listbox
    <div role="group" aria-label={name}>
      <div className={styles.group} aria-hidden>
        {name}
      </div>
      {children}
    </div>
  );
}
