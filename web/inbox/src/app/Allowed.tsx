/** A page for those who may open it; the others are told who may. */
import type { ReactNode } from "react";
import type { Right } from "@/api/types";
import { useMay } from "@/app/session";
import { useI18n } from "@/i18n";
import { IconShieldLock } from "@/ui/icons";
import { PageFrame } from "@/ui/PageFrame";
import { Empty } from "@/ui/parts";

export function Allowed({ right, children }: { right: Right; children: ReactNode }) {
  const { t } = useI18n();
  if (useMay(right)) return children;
  return (
    <PageFrame title={t("allowed.title")}>
      <Empty icon={IconShieldLock} title={t("allowed.not")}>
        {t(right === "write_flows" ? "allowed.authors" : "allowed.managers")}
      </Empty>
    </PageFrame>
  );
}
