/** On an acyclic graph whose nodes are numbered so that every edge leads to a smaller number. */
export interface DescendingReach {
  /** Only asked with `from > to`. */
  reaches(from: number, to: number): boolean;
}
