/**
 * Very many rows, in blocks. A block out of sight is not laid out (`content-visibility`), and is found in the page and
 * read aloud all the same; and however much changes at once, a draw makes no more than a slice of it.
 */

import { html, type TemplateResult } from "lit/html.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";

import { drawNow, redraw } from "../core/draw.js";

export interface BlocksPlan<Row> {
  /** The class of the table. */
  kind: string;
  rows: Row[];
  keyOf: (row: Row) => string;
  rowView: (row: Row) => unknown;
  /** On what else than themselves all rows depend, and each. */
  context: unknown[];
  contextOf: (row: Row) => unknown[];
}

/** Rows of a block: an even number, so that rows alternate across blocks. */
const BLOCK = 24;
/** Rows that are made, and blocks that are taken away, before the browser may do something else. */
const MADE_AT_ONCE = 48;
const TAKEN_AT_ONCE = 12;

interface Block {
  rows: unknown[];
  /** What each row shows, by its key. */
  seen: Map<string, unknown[]>;
  context: unknown[];
}

const EMPTY: Block = { rows: [], seen: new Map(), context: [] };
/** What stands in each place of a table. */
const standing = new Map<string, Block[]>();
let isPatient = false;
let isRestDue = false;

/** Draw everything at once, and every row of it: for those who go on with a row. */
export function drawAllRows(): void {
  isPatient = true;
  drawNow();
  isPatient = false;
}

/** The bodies of a table. */
export function blocksView<Row>(plan: BlocksPlan<Row>): TemplateResult[] {
  const isThere = document.getElementsByClassName(plan.kind).length > 0;
  const before = isThere ? (standing.get(plan.kind) ?? []) : [];
  const wanted = blocksOf(plan);
  const now = blocksNow(before, wanted);
  standing.set(plan.kind, now);
  if (now.length > wanted.length || now.some((block, place) => block !== wanted[place])) drawTheRest();
  return now.map((block, place) => {
    const here = wanted[place];
    const kind = !here ? "leaving" : hasSameRows(block, here) ? "" : "ahead";
    const rows = guard([block], () => repeat(block.rows as Row[], plan.keyOf, plan.rowView));
    return html`<tbody role="rowgroup" class=${kind}>${rows}</tbody>`;
  });
}

/** The rest follows at once, but lets the browser show what is drawn, and hear the person, in between. */
function drawTheRest(): void {
  if (isRestDue) return;
  isRestDue = true;
  const draw = () => {
    isRestDue = false;
    redraw();
  };
  if (document.hidden) setTimeout(draw);
  else requestAnimationFrame(() => setTimeout(draw));
}

function blocksOf<Row>({ kind, rows, keyOf, context, contextOf }: BlocksPlan<Row>): Block[] {
  const before = standing.get(kind) ?? [];
  const blocks: Block[] = [];
  for (let at = 0; at < rows.length; at += BLOCK) {
    const some = rows.slice(at, at + BLOCK);
    const seen = new Map(some.map((row) => [keyOf(row), [row, ...contextOf(row)]]));
    const block = { rows: some, seen, context };
    const there = before[blocks.length];
    blocks.push(there && hasSameRows(there, block) && changed(there, block) === 0 ? there : block);
  }
  return blocks;
}

/** What is to stand in each place now: as much of what is wanted as can be made at once, else what stands there. */
function blocksNow(before: Block[], wanted: Block[]): Block[] {
  let left = isPatient ? Number.POSITIVE_INFINITY : MADE_AT_ONCE;
  const made = wanted.map((block, place) => {
    const there = before[place] ?? EMPTY;
    const work = changed(there, block);
    if (work > BLOCK / 2 && left <= 0) return there;
    left -= work;
    return block;
  });
  const stay = isPatient ? 0 : before.length - TAKEN_AT_ONCE;
  return [...made, ...before.slice(made.length, Math.max(made.length, stay))];
}

/** How many rows are others than before. */
function changed(before: Block, now: Block): number {
  if (before === now) return 0;
  if (!isSame(before.context, now.context)) return now.rows.length;
  let count = 0;
  for (const [key, seen] of now.seen) {
    if (!isSame(before.seen.get(key) ?? [], seen)) count += 1;
  }
  return count;
}

function hasSameRows(one: Block, other: Block): boolean {
  return one === other || isSame([...one.seen.keys()], [...other.seen.keys()]);
}

function isSame(one: unknown[], other: unknown[]): boolean {
  return one.length === other.length && one.every((value, at) => value === other[at]);
}
