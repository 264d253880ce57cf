import { defineConfig } from "vitest/config";

// One classic script, so that a shop needs one line and nothing else.
export default defineConfig({
  // The components are written for Preact; what runs is the part of it that they use (see src/jsx.ts).
  resolve: { alias: { "preact/jsx-runtime": new URL("src/jsx.ts", import.meta.url).pathname } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
  build: {
    outDir: "../../hub/web/static",
    emptyOutDir: false,
    // Nothing here needs what older browsers lack; without this the two `color-scheme` lines grow a polyfill.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    lib: { entry: "src/widget.tsx", formats: ["iife"], name: "switchboard", fileName: () => "widget.js" },
  },
  test: { environment: "jsdom" },
});
