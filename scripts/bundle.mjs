// Puts the modules of each page into one file below app/static/packed: a browser asks once instead of a hundred times.
// `packed/of` names the modules that they were made of, as app/assets.py does; where it names others, the modules themselves are served.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "app/static/js");
const place = join(root, "app/static/packed");
const vendored = (name) => join(root, "app/static/vendor", name, "index.js");

rmSync(place, { recursive: true, force: true });
await build({
  entryPoints: ["main.js", "wall/main.js", "wall/entry.js", "office/main.js"].map((one) => join(modules, one)),
  outdir: place,
  outbase: modules,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  sourcesContent: false, // the modules are served too
  alias: { pbf: vendored("pbf"), "@mapbox/vector-tile": vendored("vector-tile"), "@mapbox/point-geometry": vendored("point-geometry") },
  logLevel: "warning",
});

const digest = createHash("sha256");
const paths = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name).slice(modules.length + 1).replaceAll("\\", "/"));
for (const path of paths.sort()) {
  const content = readFileSync(join(modules, path));
  digest.update(`${path}\0${content.length}\0`).update(content);
}
writeFileSync(join(place, "of"), digest.digest("hex").slice(0, 12));
