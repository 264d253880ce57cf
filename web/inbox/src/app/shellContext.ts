/** What pages ask of the frame around them. */
import { createContext, use } from "react";

export interface ShellActions {
  phone: boolean;
  openMenu: () => void;
  openHelp: () => void;
}

export const ShellContext = createContext<ShellActions>({ phone: false, openMenu: () => {}, openHelp: () => {} });

export function useShell(): ShellActions {
  return use(ShellContext);
}
