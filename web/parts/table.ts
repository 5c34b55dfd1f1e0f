/** Tables with fixed columns: a row keeps its height and a column its width whatever they say. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { repeat } from "lit/directives/repeat.js";

export interface Column<Row> {
  /** Its class is `at-` and the key, on heads and cells alike. */
  key: string;
  head: unknown;
  /** The head is for screen readers alone. */
  isUnseen?: boolean;
  /** The cell that names its row. */
  isHead?: boolean;
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
}

/** A table; its rows are made by `rowView`, most often with `cellsOf`. */
export function tableView<Row>(plan: TablePlan<Row>): TemplateResult {
  const { label, kind, columns, rows, keyOf, rowView } = plan;
  const head = columns.map(
    ({ key, head: text, isUnseen, sort }) =>
      html`<th scope="col" class="at-${key}" role="columnheader" aria-sort=${sort ?? nothing}>${isUnseen ? html`<span class="unseen">${text}</span>` : text}</th>`,
  );
  const cols = columns.map(({ key }) => html`<col class="at-${key}" />`);
  return html`<div class="table" role="group" aria-label=${label}><table class="stack ${kind}" role="table" aria-label=${label}><colgroup>${cols}</colgroup><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">${repeat(rows, keyOf, rowView)}</tbody></table></div>`;
}

/** The cells of a row. */
export function cellsOf<Row>(columns: Column<Row>[], row: Row): TemplateResult[] {
  return columns.map(({ key, isHead, cell, title }) => {
    const content = cell(row);
    const whole = (title === cell ? content : title?.(row)) ?? nothing;
    return isHead
      ? html`<th scope="row" class="at-${key}" role="rowheader" title=${whole}>${content}</th>`
      : html`<td class="at-${key}" role="cell" title=${whole}>${content}</td>`;
  });
}
