// A file of what the table shows: the rows selected or all that match, the columns seen, in the order seen.
import { Refusal, query } from "../api.js";
import { config } from "../config.js";
import { add, button, el, fill, icon } from "../dom.js";
import { number } from "../format.js";
import { fetchFile, save } from "../saving.js";
import { toast } from "../toast.js";
import { t } from "../words.js";

const DIRECT = 50_000; // rows from which the browser takes the file itself, without holding it
const FORMATS = /** @type {const} */ (["xlsx", "csv", "geojson", "gpkg", "shp"]);

/** @param {import("../types").Layer} layer @param {import("./listing.js").Listing} listing @param {import("./selection.js").Selection} selection @param {string[]} fields @param {() => void} done */
export function exportMenu(layer, listing, selection, fields, done) {
  const some = selection.ids.size > 0;
  const count = some ? selection.ids.size : listing.count;
  const said = el("div", { class: "head", role: "status" }, t(some ? "table.exportSelected" : "table.exportAll", { n: number(count), columns: fields.length }));
  const shaped = layer.geometry !== "none";
  return el("div", { class: "drop right-edge", role: "group", "aria-label": t("table.export") }, said, FORMATS.filter((format) => shaped || (format !== "geojson" && format !== "shp")).map((format) => el("button", { class: "item", type: "button", data: { format }, on: { click: () => go(format) } }, icon("download"), el("span", {}, t(`table.format.${format}`), el("span", { class: "sub", text: t(`table.about.${format}`) })))));

  /** @param {string} format */
  async function go(format) {
    const table = { format, fields, sort: listing.question.sort, words: format === "csv" || format === "xlsx" };
    const address = `${config.api}/layers/${layer.id}/export`;
    const { filter, bbox } = listing.asked;
    const whole = `${address}?${query({ ...table, fields: fields.join(","), filter, bbox })}`;
    if (!some && listing.count > DIRECT) return (save(whole, ""), done());
    fill(said, t("table.exporting"));
    try {
      const { name, count: rows } = await (some ? fetchFile(address, { ...table, ids: [...selection.ids] }, `${layer.id}.${format}`) : fetchFile(whole, null, `${layer.id}.${format}`));
      done();
      toast(t("table.exported", { n: number(rows), name }));
    } catch (error) {
      const words = error instanceof Refusal ? error.message : t("error.offline");
      fill(said, el("div", { class: "note bad", role: "alert", text: words }));
      add(said, button(t("action.again"), () => go(format), { small: true }));
    }
  }
}
