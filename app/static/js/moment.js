// The server's time, and when it was last heard: a screen's own clock may be wrong, and a dead link says nothing.

let ahead = 0; // ms of the server's clock before ours
let heardAt = Date.now();

/** Take the time from an answer. The header has whole seconds, so half of one is the middle. @param {Response} response @param {number} asked our time when it was asked */
export function heardFrom(response, asked) {
  heardAt = Date.now();
  const told = Date.parse(response.headers.get("Date") || "");
  if (Number.isNaN(told)) return;
  const off = told + 500 - (asked + heardAt) / 2;
  if (Math.abs(off - ahead) > 1000) ahead = off; // within its grain the header would only make the clock jump
}

/** Something came by the stream. */
export const heard = () => { heardAt = Date.now(); };

/** Milliseconds since the server last said anything. */
export const silence = () => Math.max(0, Date.now() - heardAt);

/** What the server's clock says, in milliseconds. */
export const now = () => Date.now() + ahead;
