/** Ruby's `File.fnmatch` with `FNM_PATHNAME`, as its documentation has it: what GitHub matches branch policies with. */
export function fnmatch(pattern: string, name: string): boolean {
  const source = pattern.replaceAll(/\*\*\/|\*|[.+^$()|]/g, (one) =>
    one === "**/" ? "(?:[^/]+/)*" : one === "*" ? "[^/]*" : `\\${one}`,
  );
  return new RegExp(`^${source}$`).test(name);
}
