// Builds everything the hub serves into hub/web/static: the inbox, the widget and the API viewer.
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { gzip } from "pako";
import { build } from "vite";

const web = import.meta.dirname;
const target = path.join(web, "../hub/web/static");

await rm(target, { recursive: true, force: true });
for (const part of ["inbox", "widget", "forms"]) {
  // Each part's configuration is relative to its own folder.
  process.chdir(path.join(web, part));
  await build({ root: path.join(web, part), logLevel: "warn" });
}

const viewer = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
await mkdir(path.join(target, "apidocs"), { recursive: true });
for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
  await cp(path.join(viewer, file), path.join(target, "apidocs", file));
}

// The hub sends `name.gz` to every browser that takes it, so that nothing is compressed while it serves.
// Node's own zlib is made for speed: one per cent more, which the widget has no room for.
for (const file of await readdir(target, { recursive: true })) {
  if (/\.(js|css|svg)$/.test(file)) {
    const raw = await readFile(path.join(target, file));
    await writeFile(path.join(target, `${file}.gz`), gzip(raw, { level: 9 }));
  }
}
