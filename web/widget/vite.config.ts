import { minify } from "terser";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * Names of properties that only this code knows: not the hub's, not the browser's, not a page's, not in what is stored, and never
 * asked for by a name that is put together. They are shortened in what is built.
 */
const own = [
  "address",
  "after",
  "answers",
  "asked",
  "attach",
  "attached",
  "away",
  "barred",
  "behind",
  "boot",
  "broken",
  "children",
  "classes",
  "clear",
  "content",
  "current",
  "cursor",
  "day",
  "denied",
  "detach",
  "discard",
  "done",
  "draft",
  "dragging",
  "draw",
  "drop",
  "entry",
  "facts",
  "fail",
  "failed",
  "failures",
  "faults",
  "first",
  "firstAway",
  "following",
  "forget",
  "frame",
  "heard",
  "hello",
  "helloMore",
  "hide",
  "inFlight",
  "item",
  "keep",
  "kick",
  "kids",
  "known",
  "last",
  "later",
  "launcher",
  "left",
  "limits",
  "log",
  "looked",
  "lost",
  "missed",
  "narrow",
  "newer",
  "node",
  "notUploaded",
  "optional",
  "outbox",
  "panel",
  "peek",
  "pending",
  "picker",
  "place",
  "props",
  "retry",
  "scrolled",
  "scroller",
  "seen",
  "seenByOperator",
  "sending",
  "sent",
  "session",
  "setOpen",
  "setSeen",
  "setToken",
  "share",
  "show",
  "soon",
  "start",
  "stop",
  "tail",
  "ticked",
  "toEnd",
  "tooMuch",
  "typed",
  "unread",
  "unsent",
  "view",
  "watch",
  "watched",
  "words",
  "write",
  "writing",
];

/** A second minifier behind the build's own takes one per cent more, and each byte counts (tests/web/test_widget_size.py). */
const twice: Plugin = {
  name: "minify-twice",
  apply: "build",
  enforce: "post",
  async generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk") continue;
      const options = {
        ecma: 2020,
        compress: { passes: 3, pure_getters: true, unsafe_arrows: true },
        mangle: { properties: { builtins: true, regex: new RegExp(`^(${own.join("|")})$`) } },
      } as const;
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
