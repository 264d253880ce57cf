/** Starts the inbox. */
import "@fontsource-variable/inter/wght.css";
import "@/theme/mantine.css";
import "@/theme/tokens.css";
import "@/theme/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
