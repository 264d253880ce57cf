/** The way to a contact from elsewhere: to the newest conversation, with the contact beside it. */
import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "react-router";
import { api } from "@/api/calls";
import { Splash } from "@/app/Splash";
import { useI18n } from "@/i18n";
import { IconMessageCircle } from "@/ui/icons";
import { PageFrame } from "@/ui/PageFrame";
import { Empty } from "@/ui/parts";

export function ContactDoor() {
  const { t } = useI18n();
  const contact = useParams().contact ?? "";
  const found = useQuery({
    queryKey: ["newest of", contact],
    queryFn: ({ signal }) => api.contactConversations(contact, signal),
    staleTime: 0,
  });
  const newest = found.data?.items[0];
  if (newest) return <Navigate to={`/inbox/all/${newest.id}/contact`} replace />;
  if (found.isPending) return <Splash failed={false} retry={() => {}} />;
  return (
    <PageFrame title={t("contact.label")}>
      <Empty icon={IconMessageCircle} title={t("contact.no_conversation")} />
    </PageFrame>
  );
}
