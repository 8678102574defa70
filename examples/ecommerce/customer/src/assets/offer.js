/** What a customer sees of a product. */
export function offerOf({ id, name, priceCents, stock }) {
  return { id, text: `${name}, ${money(priceCents)}`, canOrder: stock > 0, note: noteOn(stock) };
}

function noteOn(stock) {
  if (stock === 0) return "sold out";
  return stock < 5 ? `only ${stock} left` : "";
}

export const thanksFor = ({ id, priceCents }) => `Thank you! Order ${id}, ${money(priceCents)}.`;

function money(cents) {
  return new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(cents / 100);
}
