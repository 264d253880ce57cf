/** Says at once when the screen is not live or the hub does not answer, and nothing while all is well. */
import { useEffect, useState, useSyncExternalStore } from "react";
import { isSlow, onSlow } from "@/api/client";
import styles from "@/app/Shell.module.css";
import { useI18n } from "@/i18n";
import { useLive } from "@/live/LiveProvider";
import { IconWifiOff } from "@/ui/icons";

/** A first connection is normally much quicker than this. */
const FIRST_CONNECTION_MS = 4_000;

export function LinkBanner() {
  const { t } = useI18n();
  const { status } = useLive();
  const [slow, setSlow] = useState(false);
  const down = status.state !== "live";
  useEffect(() => {
    if (!down) {
      setSlow(false);
      return;
    }
    const timer = setTimeout(() => setSlow(true), FIRST_CONNECTION_MS);
    return () => clearTimeout(timer);
  }, [down]);

  const silent = useSyncExternalStore(onSlow, isSlow);
  const lost = down && (status.lost || status.state === "waiting" || slow);
  const shown = lost || silent;
  return (
    <div role="status" className={styles.banner} data-shown={shown || undefined}>
      {shown ? (
        <>
          <IconWifiOff size={16} aria-hidden /> {t(lost ? "link.reconnecting" : "link.silent")}
        </>
      ) : null}
    </div>
  );
}
