/** The files of a flow in a row, one of which is shown. */
import { Button } from "@mantine/core";

interface Props {
  names: string[];
  shown: string;
  /** Which of them differ: they have a dot behind their name. */
  changed?: (name: string) => boolean;
  onShow: (name: string) => void;
}

export function FileTabs({ names, shown, changed, onShow }: Props) {
  return names.map((name) => (
    <Button
      key={name}
      size="compact-sm"
      variant={name === shown ? "light" : "default"}
      aria-pressed={name === shown}
      onClick={() => onShow(name)}
    >
      {changed?.(name) ? `${name} •` : name}
    </Button>
  ));
}
