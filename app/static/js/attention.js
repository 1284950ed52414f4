// Whether somebody is at the page: what it asks by itself is nobody's activity, and keeps no session open.
import { config } from "./config.js";

const REST_MS = 60000; // an answer may still be on its way to somebody who reads

let acted = Date.now();
for (const act of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) addEventListener(act, () => { acted = Date.now(); }, { passive: true, capture: true });

/** Headers of what is asked: whether nobody asked it. @returns {Record<string, string>} */
export const attended = () => (config.wall || Date.now() - acted > REST_MS ? { "X-Unattended": "1" } : {});
