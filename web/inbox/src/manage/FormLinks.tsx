/** The links to forms that were made: what they are called, whether they still count, and taking one back. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/calls";
import type { FormLinkMade } from "@/api/types";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { Loaded, Rows } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { Badge } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

/** How a link stands now: one that was used leads to its conversation, and nobody else begins by it. */
export function standing(link: FormLinkMade, now: number): "counts" | "used" | "revoked" | "ended" {
  if (link.revoked) return "revoked";
  if (link.once && link.used) return "used";
  return Date.parse(link.expires_at) <= now ? "ended" : "counts";
}

export function FormLinks() {
  const { t, format } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const links = useQuery({ queryKey: keys.formLinks, queryFn: api.formLinks });
  const revoke = (id: string) =>
    run(async () => {
      await api.revokeFormLink(id);
      await client.invalidateQueries({ queryKey: keys.formLinks });
    });
  return (
    <section className={styles.group} aria-label={t("form_links.title")}>
      <h3>{t("form_links.title")}</h3>
      <Loaded query={links}>
        {({ items }) => (
          <Rows items={items} none={<p className={styles.quiet}>{t("form_links.none")}</p>}>
            {(link) => {
              const stands = standing(link, Date.now());
              return (
                <li key={link.id}>
                  <div className={styles.main}>
                    <b>
                      {link.label || link.slug}
                      <Badge tone={stands === "counts" ? "good" : "plain"}>{t(`form_links.${stands}`)}</Badge>
                    </b>
                    <span className={styles.quiet}>
                      {[
                        link.slug,
                        t("form_links.made", { when: format.full(link.created_at) }),
                        t("form_links.until", { when: format.date(link.expires_at) }),
                        ...(link.contact ? [t("form_links.of_contact")] : []),
                        ...(link.once ? [t("form_link.once")] : []),
                      ].join(" · ")}
                    </span>
                  </div>
                  {stands === "counts" ? (
                    <Button
                      variant="default"
                      size="compact-sm"
                      disabled={busy}
                      aria-label={t("form_links.revoke_one", { name: link.label || link.slug })}
                      onClick={() => void revoke(link.id)}
                    >
                      {t("form_links.revoke")}
                    </Button>
                  ) : null}
                </li>
              );
            }}
          </Rows>
        )}
      </Loaded>
    </section>
  );
}
