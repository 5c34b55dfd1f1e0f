/** The head of every page: the pages, the line to the cluster, language, theme, and who is logged in. */

import { html, type TemplateResult } from "lit/html.js";

import { redraw } from "../core/draw.js";
import * as preferences from "../core/preferences.js";
import { logOut } from "../core/session.js";
import { pastShown } from "../core/past.js";
import { state } from "../core/store.js";
import { openSessions } from "../forms/sessions.js";
import { speakTheOther, t } from "../words/i18n.js";
import { icon } from "./icons.js";
import { labToggle } from "./lab.js";
import { addressFor, here } from "../core/place.js";

/** The pages, in the order of the header: address, and the key of the name. */
const PAGES: [path: string, key: string][] = [
  ["/", "nav.ha"],
  ["/whatif", "nav.whatif"],
  ["/history", "nav.history"],
  ["/maintenance", "nav.maintenance"],
  ["/plans", "nav.plans"],
  ["/drill", "nav.drill"],
  ["/alerts", "nav.alerts"],
  ["/help", "nav.help"],
];

/** The header. */
export function headerView(): TemplateResult {
  const { session, snapshot } = state;
  const told = [snapshot?.cluster.name, snapshot?.cluster.version].filter(Boolean).join(" · ");
  const other = preferences.otherLocale();
  const link = ([path, key]: [string, string]) =>
    html`<a href=${addressFor(path)} aria-current=${path === here() ? "page" : "false"}>${t(key)}</a>`;
  const speak = async () => {
    await speakTheOther();
    redraw();
  };
  const shown = PAGES.find(([path]) => path === here())?.[1] ?? "nav.ha";
  // Wide, what the menu holds stands in the header itself.
  return html`<header class="header">
    <p class="brand">${icon("pulse")}VirtOn HA</p>
    <p class="hush cut only-wide" id="cluster">${told}</p>
    <button type="button" class="button only-narrow" id="places-button" popovertarget="places">${t(shown)}${icon("down")}</button>
    <div class="places" id="places" popover>
      <nav class="nav" aria-label=${t("nav.label")}>${PAGES.map(link)}</nav>
      <div class="account">
        <button type="button" class="button" id="locale" lang=${other} @click=${speak}>${preferences.LOCALE_NAMES[other]}</button>
        ${themeButton()}
        <button type="button" class="soft cut" id="user" title=${t("who.title")} ?hidden=${!session} @click=${openSessions}>${session?.user ?? ""}</button>
        <button type="button" class="button" id="logout" ?hidden=${!session} @click=${() => logOut()}>${t("top.logout")}</button>
      </div>
    </div>
    ${labToggle()}
    <span class="live" id="line" role="status" data-state=${lineState()}>${t(`line.${lineState()}`)}</span>
  </header>`;
}

/** The line is live only while the cluster's data is fresh, too, and that is what is shown. */
function lineState(): string {
  if (pastShown() !== null) return "past";
  return state.line === "live" && state.snapshot?.fresh === false ? "old" : state.line;
}

function themeButton(): TemplateResult {
  const other = preferences.theme() === "dark" ? "light" : "dark";
  const change = () => {
    preferences.setTheme(other);
    redraw();
  };
  return html`<button type="button" class="button icon" id="theme" aria-label=${t(`top.${other}`)} title=${t(`top.${other}`)} @click=${change}>${icon("theme")}</button>`;
}
