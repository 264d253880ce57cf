/** The line that puts a web chat into a page. */
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { useI18n } from "@/i18n";
import { Copied } from "@/manage/Copied";

export function Snippet({ id }: { id: string }) {
  const { t } = useI18n();
  const html = useQuery({ queryKey: ["snippet", id], queryFn: () => api.snippet(id), staleTime: Infinity }).data?.html;
  return html ? <Copied label={t("channels.snippet")} text={html} /> : null;
}
