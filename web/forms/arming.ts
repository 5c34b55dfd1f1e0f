/** The dialogs that disarm the HA stack and arm it again: what is unprotected meanwhile, and what arming starts. */

import { html } from "lit/html.js";
import { live } from "lit/directives/live.js";

import { write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { state } from "../core/store.js";
import { refresh } from "../core/stream.js";
import { note } from "../parts/notes.js";
import { list, t } from "../words/i18n.js";
import { isDisarmed, protectedCount } from "../words/states.js";
import { freshId, openDialog } from "./dialog.js";
import { waysField } from "./fields.js";

const MODES = ["freeze", "ignore"] as const;

/** Open the dialog that disarms. */
export function openDisarm(): void {
  const id = freshId("disarm");
  let mode: (typeof MODES)[number] = "freeze";
  const modeField = () =>
    waysField({
      id,
      legend: t("disarm.mode"),
      value: mode,
      ways: MODES.map((one) => ({ way: one, label: t(`disarm.${one}`), hint: t(`disarm.${one}.hint`) })),
      onChange: (one) => {
        mode = one;
        redraw();
      },
    });
  openDialog({
    title: t("disarm.title"),
    body: () =>
      html`<div class="box" data-tone="warn"><div class="box-text"><p>${t("disarm.unprotected", { count: protectedCount(state.snapshot?.resources ?? []) })}</p></div></div>
        ${modeField()}
        <p class="soft">${t("disarm.stays")}</p>`,
    submit: { label: t("disarm"), tone: "danger" },
    writes: true,
    isReady: () => !isDisarmed(state.snapshot),
    effect: () => ({ arming: [mode] }),
    notices: () => (isDisarmed(state.snapshot) ? [t("disarm.already")] : []),
    onSubmit: async () => {
      await write("POST", "/api/ha/disarm", { mode });
      note(t("disarm.asked"));
      refresh().catch(() => {});
    },
  });
}

/** Open the dialog that arms again; a node that is cut off may run what would be started elsewhere. */
export function openArm(): void {
  const id = freshId("arm");
  let isTaken = false;
  const lost = () => (state.snapshot?.nodes ?? []).filter((node) => node.lost).map(({ name }) => name);
  const take = (event: Event) => {
    isTaken = (event.target as HTMLInputElement).checked;
    redraw();
  };
  const warning = () =>
    html`<div class="box" data-tone="bad"><div class="box-text"><p>${t("arm.twice", { nodes: list(lost()) })}</p>
      <label class="tick"><input type="checkbox" id="${id}-take" .checked=${live(isTaken)} @change=${take} /> ${t("arm.take")}</label></div></div>`;
  openDialog({
    title: t("arm.title"),
    body: () => html`<p>${t("arm.meaning")}</p>${lost().length ? warning() : null}`,
    submit: { label: t("arm"), tone: "danger" },
    writes: true,
    isReady: () => isDisarmed(state.snapshot) && (isTaken || !lost().length),
    effect: () => ({ arming: ["arm"] }),
    notices: () => (isDisarmed(state.snapshot) ? [] : [t("arm.already")]),
    onSubmit: async () => {
      await write("POST", "/api/ha/arm");
      note(t("arm.asked"));
      refresh().catch(() => {});
    },
  });
}
