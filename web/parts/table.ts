/** Tables with fixed columns: a row keeps its height and a column its width whatever they say. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { keyed } from "lit/directives/keyed.js";
import { repeat } from "lit/directives/repeat.js";

import { type BlocksPlan, blocksView } from "./blocks.js";

export interface Column<Row> {
  /** Its class is `at-` and the key, on heads and cells alike. */
  key: string;
  head: unknown;
  /** The head is for screen readers alone. */
  isUnseen?: boolean;
  /** The cell that names its row. */
  isHead?: boolean;
  /** What does not fit into one line goes on in a second, in the same height. */
  isWrapped?: boolean;
  /** It is never cut: its row is as high as it needs. */
  isWhole?: boolean;
  sort?: "ascending" | "descending";
  cell: (row: Row) => unknown;
  /** The whole text of a cell that may be cut. */
  title?: (row: Row) => string;
}

export interface TablePlan<Row> {
  label: string;
  kind: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
  rowView: (row: Row) => unknown;
  /** For very many rows: on what else than themselves all of them depend, and each. */
  blocks?: Pick<BlocksPlan<Row>, "context" | "contextOf">;
}

/** A table; its rows are made by `rowView`, most often with `cellsOf`. */
export function tableView<Row>(plan: TablePlan<Row>): TemplateResult {
  const { label, kind, columns } = plan;
  const head = columns.map(
    ({ key, head: text, isUnseen, sort }) =>
      html`<th scope="col" class="at-${key}" role="columnheader" aria-sort=${sort ?? nothing}>${isUnseen ? html`<span class="unseen">${text}</span>` : text}</th>`,
  );
  const cols = columns.map(({ key }) => html`<col class="at-${key}" />`);
  return html`<div class="table" role="group" aria-label=${label}><table class="stack ${kind}" role="table" aria-label=${label}><colgroup>${cols}</colgroup><thead role="rowgroup"><tr role="row">${head}</tr></thead>${bodies(plan)}</table></div>`;
}

function bodies<Row>({ kind, rows, keyOf, rowView, blocks }: TablePlan<Row>): unknown {
  if (blocks) return blocksView({ kind, rows, keyOf, rowView, ...blocks });
  return html`<tbody role="rowgroup">${repeat(rows, keyOf, rowView)}</tbody>`;
}

/** Lines of a cell, anew when they change: as they stand in its middle, one that becomes two would wander. */
function linesView(said: unknown, whole: unknown, kind: string): unknown {
  return html`${keyed(typeof said === "string" ? said : whole, html`<span class=${kind}>${said}</span>`)}`;
}

/** The cells of a row. */
export function cellsOf<Row>(columns: Column<Row>[], row: Row): TemplateResult[] {
  return columns.map(({ key, isHead, isWrapped, isWhole, cell, title }) => {
    const said = cell(row);
    const whole = (title === cell ? said : title?.(row)) ?? nothing;
    const kind = isWhole ? "lines whole" : "lines";
    const content = (isWrapped || isWhole) && said !== nothing && said !== "" ? linesView(said, whole, kind) : said;
    return isHead
      ? html`<th scope="row" class="at-${key}" role="rowheader" title=${whole}>${content}</th>`
      : html`<td class="at-${key}" role="cell" title=${whole}>${content}</td>`;
  });
}
