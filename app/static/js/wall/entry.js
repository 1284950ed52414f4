// A wall's browser is given its token: after `#` in the address, or typed.

const form = /** @type {HTMLFormElement} */ (document.getElementById("entry"));
const field = /** @type {HTMLInputElement} */ (document.getElementById("token"));
const refusal = /** @type {HTMLElement} */ (document.getElementById("refusal"));

async function enter() {
  refusal.hidden = true;
  try {
    const response = await fetch("/wall/enter", { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify({ token: field.value }), credentials: "same-origin" });
    const answer = await response.json();
    if (response.ok) return location.replace(answer.wall);
    refusal.textContent = answer.detail || answer.title;
  } catch (error) {
    refusal.textContent = /** @type {Error} */ (error).message;
  }
  refusal.hidden = false;
  return undefined;
}

form.addEventListener("submit", (event) => { event.preventDefault(); enter(); });
if (location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname); // not into the browser's own history
  enter();
}
document.body.dataset.ready = "1";
