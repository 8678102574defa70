import { api } from "./api.js";
import { tables } from "./tables.js";

export const handler = api(tables({ products: process.env.PRODUCTS_TABLE, orders: process.env.ORDERS_TABLE }), {
  environment: process.env.ENVIRONMENT,
  version: process.env.AWS_LAMBDA_FUNCTION_VERSION,
});
