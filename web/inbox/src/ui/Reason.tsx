/** Why something did not work: the sentence, and below it what the service itself said, as it said it. */
import type { Said } from "@/i18n/reasons";
import styles from "@/ui/Reason.module.css";

export function Reason({ said, before }: { said: Said; before?: string }) {
  return (
    <>
      {before ? `${before}: ` : null}
      {said.sentence}
      {said.quote ? <q className={styles.quote}>{said.quote}</q> : null}
    </>
  );
}
