/** The settings that all flows share are not there yet: what they are for, and a file to begin with. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { flowApi, flowKeys } from "@/flows/calls";
import { useFlowI18n } from "@/flows/i18n";
import sharedEn from "@/flows/templates/bot.en.yml?raw";
import sharedRu from "@/flows/templates/bot.ru.yml?raw";
import { IconSettings } from "@/ui/icons";
import { Card, PageFrame } from "@/ui/PageFrame";
import { Empty } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

export function SharedSettings() {
  const { t, locale } = useFlowI18n();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { busy, run } = useSaving();
  const begin = () =>
    run(async () => {
      await flowApi.create("bot", [{ name: "bot.yml", text: locale === "ru" ? sharedRu : sharedEn }]);
      await client.invalidateQueries({ queryKey: flowKeys.draft("bot") });
    });
  return (
    <PageFrame title={t("shared.title")} lead={t("shared.lead")}>
      <Card>
        <Empty
          icon={IconSettings}
          title={t("shared.none")}
          action={
            <>
              <Button loading={busy} onClick={() => void begin()}>
                {t("shared.begin")}
              </Button>
              <Button variant="subtle" onClick={() => navigate("/flows")}>
                {t("page.back")}
              </Button>
            </>
          }
        >
          {t("shared.none_hint")}
        </Empty>
      </Card>
    </PageFrame>
  );
}
