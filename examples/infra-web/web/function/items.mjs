/** DynamoDB's notation as plain values, by name. */
export function plainItems(found) {
  return found
    .map(({ name, count }) => ({ name: name.S, count: Number(count?.N ?? 1) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
