/** Why the cluster cannot be changed now: a privilege that is missing, or a cluster that only can be read. */

import { t } from "./i18n.js";
import { may, state } from "./store.js";

/** The reason in words, or "" when everything can be changed. */
export function hindrance() {
  if (state.session && !may("Sys.Console")) return t("forbidden.console");
  const readOnly = state.snapshot?.cluster.read_only;
  return readOnly ? t("forbidden.no_quorum", { node: readOnly.node ?? "–" }) : "";
}

/** Whether somebody is logged in who may change the cluster now. */
export function mayWrite() {
  return Boolean(state.session) && !hindrance();
}

/** Show the reason in an element; answers the element when there is one to be read. */
export function tellHindrance(element) {
  const reason = hindrance();
  if (element.textContent !== reason) element.textContent = reason;
  element.hidden = !reason;
  return reason ? element : null;
}
