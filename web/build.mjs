// Builds everything the hub serves into hub/web/static: the inbox, the widget and the API viewer.
import { cp, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { build } from "vite";

const web = import.meta.dirname;
const target = path.join(web, "../hub/web/static");

await rm(target, { recursive: true, force: true });
for (const part of ["inbox", "widget"]) {
  // Each part's configuration is relative to its own folder.
  process.chdir(path.join(web, part));
  await build({ root: path.join(web, part), logLevel: "warn" });
}

const viewer = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
await mkdir(path.join(target, "apidocs"), { recursive: true });
for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
  await cp(path.join(viewer, file), path.join(target, "apidocs", file));
}
