/** What stands in the three legends of the page. */

import { t } from "./i18n.js";
import { fillLegend, stateLine, termLine } from "./legend.js";
import { LRM_STATES, lrmState, RESOURCE_STATES, resourceState } from "./words.js";

const COLUMNS = ["id", "node", "type", "name", "state", "max_restart", "max_relocate", "failback"];
const ROLES = ["crm", "lrm_role", "service", "quorum"];
const RULE_TERMS = [
  ["affinity", "name", "resources"],
  ["node_rule", "nodes", "example", "strict", "preferred"],
  ["resource_rule", "positive", "negative"],
];

/** Fill all legends in the page's language. */
export function fillLegends() {
  const body = (name) => document.querySelector(`[data-legend="${name}"]`);
  const shown = (display) => lrmState({ display });
  fillLegend(body("status"), [
    {
      title: null,
      lines: ROLES.map((name) => termLine(`legend.${name}`, `legend.${name}.text`)),
    },
    {
      title: t("legend.lrm"),
      lines: LRM_STATES.map((name) => stateLine(shown(name), `lrm.meaning.${name}`)),
    },
    { title: null, lines: [termLine("legend.caution", "legend.lost_lock")] },
  ]);
  const meaning = (name) => stateLine(resourceState(name), `resource.meaning.${name}`);
  fillLegend(body("resources"), [
    {
      title: t("legend.columns"),
      lines: COLUMNS.map((name) => termLine(`column.${name}`, `column.${name}.text`)),
    },
    { title: t("legend.states"), lines: RESOURCE_STATES.map(meaning) },
  ]);
  const term = (name) => termLine(`legend.rule.${name}`, `legend.rule.${name}.text`);
  fillLegend(
    body("rules"),
    RULE_TERMS.map((names) => ({ title: null, lines: names.map(term) })),
  );
}
