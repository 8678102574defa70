import { randomBytes } from "node:crypto";
import { encode } from "base32";
import { count, log } from "shop-telemetry";
import { answer, priceOf } from "shop-utils";

/** What API Gateway calls. `shop` keeps products and orders; `about` says who answers. */
export function api(shop, about) {
  return async ({ httpMethod, path, body }) => {
    try {
      switch (`${httpMethod} ${path}`) {
        case "GET /health":
          return answer(200, { ready: true, ...about });
        case "GET /products":
          return answer(200, await shop.products());
        case "POST /orders":
          return await order(shop, body, about);
        default:
          return answer(404, { error: "there is nothing here" });
      }
    } catch (error) {
      log("error", error.message, { path, stack: error.stack });
      return answer(500, { error: "something went wrong" });
    }
  };
}

async function order(shop, body, { environment }) {
  const { product: id, quantity } = parsed(body);
  if (typeof id !== "string" || !Number.isInteger(quantity))
    return answer(400, { error: "product and quantity, please" });
  const product = await shop.product(id);
  if (product === undefined) return answer(404, { error: `there is no product ${id}` });
  if (quantity < 1 || quantity > 99) return answer(400, { error: "from 1 to 99 at a time" });
  const placed = { id: encode(randomBytes(10)), product: id, quantity, priceCents: priceOf(product, quantity) };
  if (!(await shop.place(placed))) return answer(409, { error: `there are not ${quantity} of ${id} left` });
  count("OrdersPlaced", 1, { Environment: environment });
  return answer(201, placed);
}

function parsed(body) {
  try {
    return JSON.parse(body ?? "{}") ?? {};
  } catch {
    return {};
  }
}
