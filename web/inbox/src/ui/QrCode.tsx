/** A QR code, as a picture: so nothing in it can be more than a picture. */
import styles from "@/ui/QrCode.module.css";

export function QrCode({ svg, label }: { svg: string; label: string }) {
  return <img className={styles.qr} src={`data:image/svg+xml,${encodeURIComponent(svg)}`} alt={label} />;
}
