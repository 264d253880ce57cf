/** Who else has the draft open, and whether they write in it. */

import { Tooltip } from "@mantine/core";
import { useMe } from "@/app/session";
import styles from "@/flows/FlowPage.module.css";
import { type FlowT, useFlowI18n } from "@/flows/i18n";
import type { Author } from "@/flows/types";
import { Avatar } from "@/ui/Avatar";
import { IconPencil } from "@/ui/icons";

const SHOWN = 4;

export function Authors({ authors }: { authors: Author[] }) {
  const { t } = useFlowI18n();
  const me = useMe().operator.id;
  if (authors.length === 0) return null;
  const writing = authors.find((author) => author.typing);
  return (
    <div className={styles.authors}>
      {writing ? <span aria-hidden>{authorWords(writing, me, t)}</span> : null}
      <ul aria-label={t("authors.here")}>
        {authors.slice(0, SHOWN).map((author) => {
          const label = authorWords(author, me, t);
          return (
            <Tooltip key={author.operator} label={label} openDelay={100}>
              <li data-typing={author.typing || undefined}>
                <Avatar name={author.name} seed={author.operator} size="sm" />
                <span className="only-heard">{label}</span>
                {author.typing ? (
                  <span className={styles.pencil}>
                    <IconPencil size={10} stroke={2.5} aria-hidden />
                  </span>
                ) : null}
              </li>
            </Tooltip>
          );
        })}
      </ul>
    </div>
  );
}

function authorWords({ operator, name, typing }: Author, me: string, t: FlowT): string {
  if (operator === me) return t(typing ? "authors.own_typing" : "authors.own_here");
  return t(typing ? "authors.typing" : "authors.open", { name });
}
