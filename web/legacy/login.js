/** The login page. */

import { h, setShown, setText } from "./dom.js";
import { speak, speakTheOther } from "./i18n.js";
import { loginErrorNodes, makeLoginFields, remakeLoginFields, submitLogin } from "./login-form.js";
import * as preferences from "./preferences.js";

const find = (selector) => document.querySelector(selector);
let fields = null;

async function start() {
  await speak(preferences.locale());
  draw();
  find("#login").addEventListener("submit", enter);
  find("#locale").addEventListener("click", async () => {
    await speakTheOther();
    draw();
  });
}

/** Draw the fields; what was typed stays when the language changes. */
function draw() {
  fields = fields ? remakeLoginFields(fields) : makeLoginFields();
  find("#fields").replaceChildren(...Object.values(fields).map((field) => field.root));
  setText(find("#locale"), preferences.locale() === "ko" ? "English" : "한국어");
  find("#locale").lang = preferences.locale() === "ko" ? "en" : "ko";
  (fields.otp.root.hidden ? fields.username : fields.otp).control.focus();
}

async function enter(event) {
  event.preventDefault();
  const button = find("#login button[type=submit]");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  setShown(find("#failure"), false);
  try {
    if (await submitLogin(fields)) location.assign(destination());
  } catch (error) {
    find("#failure").replaceChildren(h("div", { class: "box-text" }, loginErrorNodes(error)));
    setShown(find("#failure"), true);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Where to go: back to the page that sent the user here, never to another site. */
function destination() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

start();
