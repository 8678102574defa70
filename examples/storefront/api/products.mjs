/** Queries of the shop. Prices are whole cents. */
export function listProducts(database) {
  return database.prepare("SELECT id, name, price_cents AS priceCents FROM product ORDER BY id").all();
}

/** Throws a RangeError for a quantity that is not a positive whole number or a product that does not exist. */
export function placeOrder(database, { productId, quantity }) {
  if (!Number.isInteger(quantity) || quantity < 1) throw new RangeError("quantity must be a positive whole number");
  const product = database.prepare("SELECT id FROM product WHERE id = ?").get(productId);
  if (product === undefined) throw new RangeError(`there is no product ${productId}`);
  const { lastInsertRowid } = database
    .prepare("INSERT INTO customer_order (product_id, quantity) VALUES (?, ?)")
    .run(productId, quantity);
  return { id: Number(lastInsertRowid), productId, quantity };
}
