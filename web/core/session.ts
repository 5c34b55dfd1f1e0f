/** The session: who is logged in, and the login over the page when it ends. */

import { askForLogin } from "../forms/login.js";
import { note } from "../parts/notes.js";
import { t } from "../words/i18n.js";
import { doorkeeper, get, request } from "./api.js";
import { state } from "./store.js";
import { connect, hangUp, tryAgain } from "./stream.js";
import { addressFor } from "./place.js";

let asking: Promise<boolean> | null = null;
/** Tells the browser's other tabs that the session they share has ended. */
const tabs = new BroadcastChannel("virton.session");

/** Let the API ask for a login; several askers share one dialog. */
export function keepDoor(): void {
  doorkeeper.logInAgain = () => {
    asking ??= logInAgain().finally(() => (asking = null));
    return asking;
  };
  tabs.addEventListener("message", () => void tryAgain());
}

async function logInAgain(): Promise<boolean> {
  hangUp();
  const isLoggedIn = await askForLogin(state.session?.user ?? "");
  if (isLoggedIn) connect();
  else note(t("login.put_away"), "warn");
  return isLoggedIn;
}

/** How often the console is told that somebody is at the page. */
const TOUCH_EVERY_MS = 180_000;
let touchedAt = -TOUCH_EVERY_MS;

/** Let whoever only reads stay logged in: the console counts what a page asks for, not keys and pointers. */
export function tellOfTouches(): void {
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) {
    addEventListener(kind, () => void touch(), { capture: true, passive: true });
  }
}

async function touch(): Promise<void> {
  const now = performance.now();
  if (!state.session || now - touchedAt < TOUCH_EVERY_MS) return;
  touchedAt = now;
  // That the line is broken or the session has ended, the stream tells.
  await get("/api/session").catch(() => null);
}

/** End the session and go to the login page. */
export async function logOut(): Promise<void> {
  try {
    await request("POST", "/api/logout");
    tabs.postMessage("ended");
  } finally {
    location.assign(addressFor("/login"));
  }
}
