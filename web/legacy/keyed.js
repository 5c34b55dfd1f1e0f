/** Rows that keep their identity: a list is patched into its parent, so focus, choice and scroll stay. */

const FOCUSABLE = "input:not(:disabled), button:not(:disabled), select, a[href], [tabindex]";

/**
 * Patch items into a parent's children: one child a key, made once, updated in place.
 * @param {Element} parent
 * @param {Array} items in the order wanted
 * @param {{key: function, build: function, update: function}} how
 */
export function patchRows(parent, items, { key, build, update }) {
  const rows = new Map([...parent.children].map((row) => [row.dataset.key, row]));
  const wanted = new Set(items.map((item) => String(key(item))));
  for (const [name, row] of rows) if (!wanted.has(name)) removeRow(row);
  let place = parent.firstElementChild;
  for (const item of items) {
    const row = rows.get(String(key(item))) ?? makeRow(item, key, build);
    update(row, item);
    if (row === place) place = place.nextElementSibling;
    else putBefore(parent, row, place);
  }
}

function makeRow(item, key, build) {
  const row = build(item);
  row.dataset.key = key(item);
  return row;
}

/** Move a row without taking the focus from it, where the browser can. */
function putBefore(parent, row, place) {
  if (row.parentNode === parent && parent.moveBefore) parent.moveBefore(row, place);
  else parent.insertBefore(row, place);
}

/** Remove a row; if the focus was in it, hand the focus to its neighbour. */
function removeRow(row) {
  const heir = row.contains(document.activeElement) ? heirOf(row) : null;
  row.remove();
  heir?.focus();
}

function heirOf(row) {
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  return neighbour?.querySelector(FOCUSABLE) ?? row.closest("section")?.querySelector("[tabindex]");
}
