import preact from "@preact/preset-vite";
import { defineConfig } from "vitest/config";

// One classic script, so that a shop needs one line and nothing else.
export default defineConfig({
  plugins: [preact()],
  build: {
    outDir: "../../hub/web/static",
    emptyOutDir: false,
    lib: { entry: "src/widget.tsx", formats: ["iife"], name: "switchboard", fileName: () => "widget.js" },
  },
  test: { environment: "jsdom", passWithNoTests: true },
});
