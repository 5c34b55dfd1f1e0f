/** What failed of a resource in error: where, how often, and which limit was reached. */

import type { Resource } from "../model.js";
import { list, t } from "./i18n.js";

/** The failure in words. */
export function failureText({ failed_nodes, max_restart, max_relocate }: Resource): string {
  const nodes = failed_nodes ?? [];
  if (!nodes.length) return t("failure.otherwise");
  const values = { nodes: list(nodes), count: nodes.length, tries: max_restart + 1, restart: max_restart, relocate: max_relocate };
  return [t("failure.start", values), t("failure.limit", values)].join(" ");
}
