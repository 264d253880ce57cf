import { minify } from "terser";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** A second minifier behind the build's own takes one per cent more, and each byte counts (tests/web/test_widget_size.py). */
const twice: Plugin = {
  name: "minify-twice",
  apply: "build",
  enforce: "post",
  async generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk") continue;
      const options = { ecma: 2020, compress: { passes: 3, pure_getters: true, unsafe_arrows: true } } as const;
      chunk.code = (await minify(chunk.code, options)).code ?? chunk.code;
    }
  },
};

// One classic script, so that a shop needs one line and nothing else.
export default defineConfig({
  // The components are written for Preact; what runs is the part of it that they use (see src/jsx.ts).
  resolve: { alias: { "preact/jsx-runtime": new URL("src/jsx.ts", import.meta.url).pathname } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
  plugins: [twice],
  build: {
    outDir: "../../hub/web/static",
    emptyOutDir: false,
    // Nothing here needs what older browsers lack; without this the two `color-scheme` lines grow a polyfill.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    lib: { entry: "src/widget.tsx", formats: ["iife"], name: "switchboard", fileName: () => "widget.js" },
  },
  test: { environment: "jsdom" },
});
