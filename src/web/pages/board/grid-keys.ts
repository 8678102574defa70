/** Arrow keys move between the links of a table, row by row and column by column; Enter follows one, as everywhere. */
export function moveInGrid(event: KeyboardEvent, table: HTMLTableElement): void {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  const here = (event.target as Element).closest("[data-cell]");
  if (step === undefined || here === null) return;
  event.preventDefault();
  const rows = [...table.tBodies[0]!.rows].map((row) => [...row.querySelectorAll<HTMLElement>("td[data-environment]")]);
  let row = rows.findIndex((cells) => cells.some((cell) => cell.contains(here)));
  let column = rows[row]!.findIndex((cell) => cell.contains(here));
  for (;;) {
    row += step[0]!;
    column += step[1]!;
    const cell = rows[row]?.[column];
    if (cell === undefined) return;
    const link = cell.querySelector<HTMLElement>("[data-cell]");
    if (link !== null) {
      link.focus();
      return;
    }
  }
}
