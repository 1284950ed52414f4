// Copies what the page needs from node_modules to app/static/vendor, as package.json lists under "vendor".
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const place = join(root, "app/static/vendor");
rmSync(place, { recursive: true, force: true });
for (const [to, from] of Object.entries(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).vendor)) {
  mkdirSync(dirname(join(place, to)), { recursive: true });
  cpSync(join(root, "node_modules", from), join(place, to), { recursive: true });
}
