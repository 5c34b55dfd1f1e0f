/** What a failure would leave without a place to run, and why, in words. */

import { isBlind, isTableFresh, lostIn, redRows, type Table, type TableFate, type TableRow } from "../core/forecast.js";
import { consoleNow, ruleOf } from "../core/store.js";
import { ago, list, t, tn } from "../words/i18n.js";
import { nameOf } from "./names.js";

/** A row's resources that would not come back, each with the reason. */
export function lossesText(row: TableRow): string {
  return list(lostIn(row).map((sid) => lossText(sid, row.resources[sid] ?? [])));
}

/** A resource that would not come back, and why. */
export function lossText(sid: string, fates: TableFate[]): string {
  const why = [...new Set(fates.map(reasonText).filter(Boolean))].join(", ");
  return why ? `${nameOf(sid)} (${why})` : nameOf(sid);
}

function reasonText({ rules = [], missing = [] }: TableFate): string {
  if (missing.length) return t("loss.missing", { names: list(missing) });
  return list(rules.map(ruleText));
}

/** A rule with the word for what it demands. */
function ruleText(name: string): string {
  const rule = ruleOf(name);
  const kind = rule?.type === "resource-affinity" ? (rule.affinity ?? "") : rule?.strict ? "strict" : "";
  return t(kind ? `loss.rule.${kind}` : "loss.rule", { rule: name });
}

/** What the cluster bears, in one sentence, and the node that it is about where it does not bear it. */
export function tolerance(table: Table): { text: string; node: string | null } {
  const [red, ...more] = redRows(table);
  if (!red) return { text: t("tolerance.bears_one"), node: null };
  const key = red.quorate ? "tolerance.bears_not" : "tolerance.no_quorum";
  const told = t(key, { node: red.name, losses: lossesText(red) });
  const rest = more.length ? ` ${tn("tolerance.more", more.length)}` : "";
  return { text: `${told}${rest}`, node: red.name };
}

/** How old a table is, or how far it has come. */
export function tableAge(table: Table): string {
  if (table.trouble) return t("tolerance.trouble");
  if (isBlind() && table.at !== null) return t("tolerance.blind", { ago: ago(consoleNow() - table.at) });
  if (!isTableFresh()) {
    if (!table.of) return t("tolerance.computing");
    return table.at === null || table.done < table.of ? t("tolerance.progress", { done: table.done, of: table.of }) : t("tolerance.anew");
  }
  return table.at === null ? "" : t("tolerance.age", { ago: ago(consoleNow() - table.at) });
}
