/** Tables with fixed columns: a row keeps its height and a column its width whatever they say. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { guard } from "lit/directives/guard.js";
import { keyed } from "lit/directives/keyed.js";
import { repeat } from "lit/directives/repeat.js";

import { drawNow, redraw } from "../core/draw.js";

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
  /**
   * For very many rows: on what else than themselves a block of them depends. Blocks out of sight are not laid out
   * (`content-visibility`), and are found in the page and read aloud all the same.
   */
  blockContext?: (rows: Row[]) => unknown[];
}

/** Rows of a block: an even number, so that rows alternate across blocks. */
const BLOCK = 24;
/** How many blocks of new rows are made before the browser may do something else. */
const BLOCKS_AT_ONCE = 4;
const drawnRows = new Map<string, Set<unknown>>();
let isPatient = false;

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

function bodies<Row>(plan: TablePlan<Row>): unknown {
  const { rows, keyOf, rowView, blockContext } = plan;
  const body = (content: unknown) => html`<tbody role="rowgroup">${content}</tbody>`;
  if (!blockContext) return body(repeat(rows, keyOf, rowView));
  const there = drawnRows.get(plan.kind) ?? new Set();
  const drawn = new Set<unknown>();
  const blocks: TemplateResult[] = [];
  let left = isPatient ? Number.POSITIVE_INFINITY : BLOCKS_AT_ONCE;
  for (let at = 0; at < rows.length; at += BLOCK) {
    const some = rows.slice(at, at + BLOCK);
    const isNew = some.filter((row) => !there.has(keyOf(row))).length > BLOCK / 2;
    if (isNew && left <= 0) {
      blocks.push(html`<tbody role="rowgroup" class="ahead"></tbody>`);
      continue;
    }
    if (isNew) left -= 1;
    for (const row of some) drawn.add(keyOf(row));
    blocks.push(body(guard([...some, ...blockContext(some)], () => repeat(some, keyOf, rowView))));
  }
  drawnRows.set(plan.kind, drawn);
  // The rest follows at once, but lets the browser draw and hear the person in between.
  if (drawn.size < rows.length) setTimeout(redraw);
  return blocks;
}

/** Draw everything at once, and every row of it: for those who go on with a row. */
export function drawAllRows(): void {
  isPatient = true;
  drawNow();
  isPatient = false;
}

/** Lines of a cell, anew when they change: as they stand in its middle, one that becomes two would wander. */
function linesView(said: unknown, whole: unknown): unknown {
  return html`${keyed(typeof said === "string" ? said : whole, html`<span class="lines">${said}</span>`)}`;
}

/** The cells of a row. */
export function cellsOf<Row>(columns: Column<Row>[], row: Row): TemplateResult[] {
  return columns.map(({ key, isHead, isWrapped, cell, title }) => {
    const said = cell(row);
    const whole = (title === cell ? said : title?.(row)) ?? nothing;
    const content = isWrapped && said !== nothing && said !== "" ? linesView(said, whole) : said;
    return isHead
      ? html`<th scope="row" class="at-${key}" role="rowheader" title=${whole}>${content}</th>`
      : html`<td class="at-${key}" role="cell" title=${whole}>${content}</td>`;
  });
}
