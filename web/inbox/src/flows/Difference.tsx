/** The difference of two texts, loaded when it is needed. */
import { lazy, Suspense } from "react";
import { PHONE, useMedia } from "@/app/media";
import styles from "@/flows/FlowPage.module.css";
import { useFlowI18n } from "@/flows/i18n";

const DiffView = lazy(() => import("@/flows/editor/DiffView"));

export function Difference(props: {
  before: string;
  after: string;
  beforeLabel: string;
  afterLabel: string;
  onChange?: (text: string) => void;
}) {
  const { t, locale } = useFlowI18n();
  const narrow = useMedia(PHONE);
  return (
    <div className={styles.diff}>
      <div className={styles.diffHead} data-narrow={narrow || undefined}>
        <span>{props.beforeLabel}</span>
        <span>{props.afterLabel}</span>
      </div>
      <Suspense fallback={<p className={styles.wait}>{t("loading")}</p>}>
        <DiffView {...props} narrow={narrow} locale={locale} />
      </Suspense>
    </div>
  );
}
