/** What there is to reorder first: the fewest on top. */
export function rowsOf(products) {
  return products
    .toSorted((a, b) => a.stock - b.stock || a.name.localeCompare(b.name, "en"))
    .map(({ name, stock, priceCents }) => ({ name, stock, worth: money(stock * priceCents), isLow: stock < 5 }));
}

export function summaryOf(products) {
  const low = products.filter(({ stock }) => stock < 5).length;
  if (products.length === 0) return "There are no products yet.";
  return low === 0 ? "Enough of everything." : `${low} of ${products.length} products are running out.`;
}

export function money(cents) {
  return new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(cents / 100);
}
