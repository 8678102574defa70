/** An answer for API Gateway. Browsers on the shop's own pages may read it, wherever these are served from. */
export function answer(statusCode, body) {
  return {
    statusCode,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      "access-control-allow-origin": "*",
    },
    body: JSON.stringify(body),
  };
}

/** What a line of an order costs, in cents. */
export function priceOf({ priceCents }, quantity) {
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > 99) throw new RangeError("quantity is 1 to 99");
  return priceCents * quantity;
}
