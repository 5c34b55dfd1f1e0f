/** What every page has around its content: session and line, header, status line, lab, notes, keys. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { headerView } from "../parts/header.js";
import { labView } from "../parts/lab.js";
import { menuView } from "../parts/menu.js";
import { notesView } from "../parts/notes.js";
import { pastLineView } from "../parts/past-line.js";
import { statusLineView } from "../parts/status-line.js";
import { speak, t } from "../words/i18n.js";
import { asApiError, get } from "./api.js";
import { redraw, show, type View } from "./draw.js";
import { listenToKeys } from "./keys.js";
import { followMaintenance } from "./maintenance.js";
import * as preferences from "./preferences.js";
import { keepDoor, tellOfTouches } from "./session.js";
import { change } from "./store.js";
import { connect, lineAfter, watch } from "./stream.js";
import type { Session } from "./own-model.js";
import { pastShown } from "./past.js";
import { addressFor, here } from "./place.js";
import { hasRoomBeside } from "./screen.js";

let panel: View = () => nothing;

/** Start a page: its content, and the panel beside it, are drawn again after every change. */
export async function startPage(content: View, beside: View = () => nothing): Promise<void> {
  panel = beside;
  await speak(preferences.locale());
  preferences.setDensity(preferences.density());
  keepDoor();
  tellOfTouches();
  listenToKeys();
  const root = document.querySelector<HTMLElement>("#page");
  if (root) show(root, () => frame(content));
  // Ages are told in seconds.
  setInterval(redraw, 1000);
  await enter();
}

function frame(content: View): TemplateResult {
  const beside = panel();
  // Without room beside the page the panel lies over it, and takes the keys.
  const covers = beside !== nothing && !hasRoomBeside();
  return html`<a class="skip" href="#main">${t("skip")}</a>
    ${headerView()} ${pastShown() === null ? statusLineView() : pastLineView(pastShown()!)}
    <div class="frame">
      ${hasRoomBeside() ? nothing : labView()}
      <main class="content${pastShown() === null ? "" : " is-past"}" id="main"><div class="covered" ?inert=${covers}>${content()}</div>${menuView()}</main>
      ${beside} ${hasRoomBeside() ? labView() : nothing}
    </div>
    ${notesView()}`;
}

/** Find the session, or go and get one. */
async function enter(): Promise<void> {
  try {
    change({ session: await get<Session>("/api/session") });
  } catch (thrown) {
    if (asApiError(thrown).status === 401) {
      const address = `${here()}${location.search}`;
      const next = address === "/" ? "" : `?next=${encodeURIComponent(address)}`;
      location.assign(addressFor(`/login${next}`));
      return;
    }
    change({ line: lineAfter(thrown) });
  }
  watch();
  connect();
  void followMaintenance();
}
