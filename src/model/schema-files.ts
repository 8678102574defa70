import { modelJsonSchema } from "./model-schema.ts";
import { deliveryJsonSchema } from "./schema.ts";

/** The text of each file in `schema/`, made from the Zod schemas. */
export function schemaFiles(): Record<string, string> {
  return {
    "delivery.schema.json": `${JSON.stringify(deliveryJsonSchema(), null, 2)}\n`,
    "model.schema.json": `${JSON.stringify(modelJsonSchema(), null, 2)}\n`,
  };
}
