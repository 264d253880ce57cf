/** Chooses the language of this browser. */
import { LOCALES, type Locale, useI18n } from "@/i18n";
import styles from "@/login/LoginPage.module.css";
import { prefer } from "@/state/preferences";

export function LanguageSwitch() {
  const { locale } = useI18n();
  return (
    <div className={styles.languages}>
      {(Object.keys(LOCALES) as Locale[]).map((tag) => (
        <button
          key={tag}
          type="button"
          lang={tag}
          aria-pressed={tag === locale}
          onClick={() => prefer({ locale: tag })}
        >
          {LOCALES[tag]}
        </button>
      ))}
    </div>
  );
}
