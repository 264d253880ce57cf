import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The hub that `make run` started; `npm run dev` serves the sources and passes the rest on to it.
const hub = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/static/inbox/",
  plugins: [react()],
  resolve: { tsconfigPaths: true },
  build: {
    outDir: "../../hub/web/static/inbox",
    emptyOutDir: true,
    chunkSizeWarningLimit: 900,
    // The CSP allows no data: scripts or fonts, so nothing is put into the code as an address of that kind.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // The sentences of `connectors/reasons.json` stand outside of this workspace.
  server: { fs: { allow: ["../.."] }, proxy: { "/api": hub, "/ws": { target: hub, ws: true } } },
  test: { environment: "jsdom", setupFiles: ["src/test_setup.ts"] },
});
