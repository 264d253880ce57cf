/** The line that puts a web chat into a page, and the key with which the page says who its visitor is. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/calls";
import { useI18n } from "@/i18n";
import { Copied } from "@/manage/Copied";
import { useSaving } from "@/ui/useSaving";

export function Snippet({ id, name }: { id: string; name: string }) {
  const { t } = useI18n();
  const { busy, run } = useSaving();
  const [key, setKey] = useState<string | null>(null);
  const html = useQuery({ queryKey: ["snippet", id], queryFn: () => api.snippet(id), staleTime: Infinity }).data?.html;
  const show = async () => void (await run(async () => setKey((await api.signingKey(id)).key)));
  if (!html) return null;
  return (
    <>
      <Copied label={t("channels.snippet")} text={html} />
      {key ? (
        <Copied label={t("channels.signing_key")} text={key} />
      ) : (
        <div>
          <Button variant="subtle" size="compact-sm" loading={busy} onClick={() => void show()}>
            {t("channels.signed_in")}
            <span className="only-heard"> {name}</span>
          </Button>
        </div>
      )}
    </>
  );
}
