import { defineConfig } from "vitest/config";

// One classic script and one style sheet beside it: the pages are the hub's own, and work without either.
export default defineConfig({
  build: {
    outDir: "../../hub/web/static",
    emptyOutDir: false,
    lib: { entry: "src/form.ts", formats: ["iife"], name: "form", fileName: () => "form.js", cssFileName: "form" },
  },
  test: { environment: "jsdom" },
});
