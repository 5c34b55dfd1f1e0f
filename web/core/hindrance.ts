/** Why the cluster cannot be changed now: no right to, no quorum, or no line. */

import { t } from "../words/i18n.js";
import { pastShown } from "./past.js";
import { may, state } from "./store.js";

/** The reason in words, or "" when everything can be changed. */
export function hindrance(): string {
  if (pastShown() !== null) return t("forbidden.past");
  if (state.session && !may("Sys.Console")) return t("forbidden.console");
  if (state.line === "lost") return t("forbidden.line");
  if (state.line === "deaf") return t("forbidden.deaf");
  const readOnly = state.snapshot?.cluster.read_only;
  return readOnly ? t("forbidden.no_quorum", { node: readOnly.node ?? "–" }) : "";
}

/** Whether somebody is logged in who may change the cluster now. */
export function mayWrite(): boolean {
  return state.session !== null && hindrance() === "";
}
