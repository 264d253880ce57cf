/** Who is signed in. */
import { createContext, use } from "react";
import type { Me, Right } from "@/api/types";

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = use(MeContext);
  if (!me) throw new Error("useMe needs a signed-in page");
  return me;
}

export function useMay(right: Right): boolean {
  return useMe().rights.includes(right);
}
