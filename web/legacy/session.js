/** The session: who is logged in, and the login over the page when it ends. */

import { doorkeeper, request } from "./api.js";
import { note } from "./announce.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { makeLoginFields, submitLogin } from "./login-form.js";
import { state } from "./store.js";
import { connect, hangUp, tryAgain } from "./stream.js";

let asking = null;
/** Tells the browser's other tabs that the session they share has ended. */
const tabs = new BroadcastChannel("virton.session");

/** Let the API ask for a login; several askers share one dialog. */
export function keepDoor() {
  doorkeeper.logInAgain = () => {
    asking ??= askForLogin().finally(() => (asking = null));
    return asking;
  };
  tabs.addEventListener("message", () => tryAgain());
}

function askForLogin() {
  hangUp();
  return new Promise((resolve) => {
    let loggedIn = false;
    const fields = makeLoginFields(state.session?.user ?? "");
    const control = openDialog({
      title: t("login.again"),
      size: "slim",
      body: [
        h("p", { class: "soft" }, t("login.again.why")),
        ...Object.values(fields).map((field) => field.root),
      ],
      submit: { label: t("login.submit") },
      onSubmit: async () => {
        loggedIn = Boolean(await submitLogin(fields));
        return loggedIn;
      },
      onClose: () => {
        if (!loggedIn) note(t("login.put_away"), "warn");
        else connect();
        resolve(loggedIn);
      },
    });
    control.dialog.classList.add("login-dialog");
    (fields.username.control.value ? fields.password : fields.username).control.focus();
  });
}

/** End the session and go to the login page. */
export async function logOut() {
  try {
    await request("POST", "/api/logout");
    tabs.postMessage("ended");
  } finally {
    location.assign("/login");
  }
}
