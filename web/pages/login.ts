/** The login page. */

import { html } from "lit/html.js";

import { asApiError, type ApiError, logInByCode } from "../core/api.js";
import { redraw, show } from "../core/draw.js";
import * as preferences from "../core/preferences.js";
import { Login, loginErrorView } from "../forms/login.js";
import { icon } from "../parts/icons.js";
import { manualLink } from "../parts/manual.js";
import { speak, speakTheOther, t } from "../words/i18n.js";
import { addressFor } from "../core/place.js";

let failure: ApiError | null = null;
let isBusy = false;

async function enter(event: Event, login: Login): Promise<void> {
  event.preventDefault();
  if (isBusy) return;
  isBusy = true;
  failure = null;
  redraw();
  try {
    if (await login.submit()) location.assign(destination());
  } catch (thrown) {
    failure = asApiError(thrown);
  } finally {
    isBusy = false;
    redraw();
  }
}

/** Where to go: back to the page that sent the user here, never to another site. */
function destination(): string {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  return addressFor(/^\/(?![/\\])/.test(next) ? next : "/");
}

async function changeLanguage(login: Login): Promise<void> {
  await speakTheOther();
  document.title = t("login.page");
  login.focus();
}

function view(login: Login) {
  const other = preferences.otherLocale();
  return html`<main>
    <section class="card" aria-labelledby="login-title">
      <div class="login-top">
        <p class="brand">${icon("pulse")}VirtOn HA</p>
        <button type="button" class="button" id="locale" lang=${other} @click=${() => changeLanguage(login)}>${preferences.LOCALE_NAMES[other]}</button>
      </div>
      <h1 id="login-title">${t("login.title")}</h1>
      <form id="login" class="login-form" novalidate @submit=${(event: Event) => enter(event, login)}>
        <div class="login-fields">${login.view()}</div>
        <div id="failure" class="box" data-tone="bad" role="alert" ?hidden=${!failure}>${failure ? html`<div class="box-text">${loginErrorView(failure)}</div>` : null}</div>
        <button type="submit" class="button big main" aria-busy=${isBusy ? "true" : "false"}>${t("login.submit")}</button>
      </form>
      <p class="hush">${t("login.note")}</p>
      <p class="hush">${manualLink("/login")}</p>
    </section>
  </main>`;
}

async function start(): Promise<void> {
  await speak(preferences.locale());
  document.title = t("login.page");
  document.body.classList.add("login-page");
  const login = new Login();
  const root = document.querySelector<HTMLElement>("#page");
  if (root) show(root, () => view(login));
  login.focus();
  await comeBack();
}

/** Who comes back from a provider brings a code; it is good for once, so it leaves the address at once. */
async function comeBack(): Promise<void> {
  const asked = new URLSearchParams(location.search);
  const [code, state] = [asked.get("code"), asked.get("state")];
  if (!code || !state) return;
  history.replaceState(null, "", addressFor("/login"));
  isBusy = true;
  redraw();
  try {
    await logInByCode(code, state);
    location.assign(addressFor("/"));
  } catch (thrown) {
    failure = asApiError(thrown);
  } finally {
    isBusy = false;
    redraw();
  }
}

void start();
