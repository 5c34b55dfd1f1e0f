/** The explanations that fold out below a table: each word of the page and what it really means. */

import { badge, h, setBadge } from "./dom.js";
import { t } from "./i18n.js";

/** A line of a legend that begins with a badge. */
export function stateLine(word, key) {
  const mark = badge();
  setBadge(mark, word);
  return { mark, text: t(key) };
}

/** A line of a legend that begins with a term of the page. */
export function termLine(term, key) {
  return { mark: h("strong", {}, t(term)), text: t(key) };
}

/** Fill a legend: a list of {title, lines}; titles are optional. */
export function fillLegend(element, groups) {
  const nodes = groups.flatMap(({ title, lines }) => [
    title ? h("p", { class: "legend-title" }, title) : null,
    h(
      "dl",
      {},
      lines.flatMap(({ mark, text }) => [h("dt", {}, mark), h("dd", {}, text)]),
    ),
  ]);
  element.replaceChildren(...nodes.filter(Boolean));
}
