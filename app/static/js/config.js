// What the server tells the page: one JSON script tag, never data.

/** @type {import("./types").Config} */
export const config = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("onemap-config")).textContent || "{}");

/** @param {...string} roles */
export const hasRole = (...roles) => roles.some((role) => config.user.roles.includes(role));

/** The address of a symbol; a name that has no file wears its family's plain one.
 * @param {string | null} name @param {string} family */
export function symbolUrl(name, family) {
  const known = name && config.symbols.includes(name) ? name : `any_${family}`;
  return `${config.static}symbols/${config.symbols.includes(known) ? known : "any_base"}.svg`;
}
