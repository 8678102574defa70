/** An expression as text of a workflow file. */
export function computed(expression: string): string {
  return `\${{ ${expression} }}`;
}
