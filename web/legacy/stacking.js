/** Tables that become cards where they are narrow: each cell below its column's heading, still a table. */

/** Name the columns of a table to its style sheet, in the page's language. */
export function nameColumns(table) {
  const { cells } = table.tHead.rows[0];
  for (const [index, cell] of [...cells].entries()) {
    table.style.setProperty(`--column-${index + 1}`, JSON.stringify(cell.textContent));
  }
}

/** Say what a row's cells are: a browser forgets it of tables that are not drawn as such. */
export function asRow(row) {
  row.setAttribute("role", "row");
  for (const cell of row.cells) {
    cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
  }
  return row;
}
