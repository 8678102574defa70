/** Of many runs, the newest. */
const mostRuns = 5;

/** What a wall turns through: the board, then what moves. Where nothing does it stays. */
export const wallPages = (open: readonly { run: string; status: string }[]): string[] => [
  "/?wall",
  ...open
    .filter(({ status }) => status === "running")
    .slice(0, mostRuns)
    .map(({ run }) => `/runs/${encodeURIComponent(run)}?wall`),
];

/** The page after this one; the first when this is none of them any more. */
export function afterPage(pages: readonly string[], here: string): string {
  return pages[pages.findIndex((page) => page.startsWith(`${here}?`)) + 1] ?? pages[0]!;
}
