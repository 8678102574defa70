import { isBuiltDelivery } from "./built-delivery.ts";
import type { Delivery } from "./delivery.ts";
import type { Result } from "./refusal.ts";

/** Takes the delivery out of what a definition module exports. */
export function deliveryFromModule(exports: Readonly<Record<string, unknown>>): Result<Delivery> {
  const byDefault = exports.default;
  if (isBuiltDelivery(byDefault)) return { ok: true, value: byDefault };
  const found = Object.entries(exports).filter(([name]) => !["default", "module.exports", "__esModule"].includes(name));
  const named = found.find(([, value]) => isBuiltDelivery(value));
  return {
    ok: false,
    refusals: [
      {
        code: "no-delivery",
        message: `the module's default export ${describe(byDefault)}${listed(found.map(([name]) => name))}`,
        path: [],
        related: [],
        help: named
          ? `write: export default ${named[0]}`
          : 'write: export default delivery("name", { pipelines: [...], environments: [...] })',
      },
    ],
  };
}

function describe(value: unknown): string {
  if (value === undefined) return "is missing";
  if (typeof value === "function") return "is a function, not a delivery";
  if (value instanceof Promise) return "is a promise, not a delivery";
  if (Array.isArray(value)) return "is a list, not a delivery";
  if (typeof value === "object" && value !== null) return "is an object that delivery(...) did not make";
  return `is ${JSON.stringify(value)}, not a delivery`;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "";
  return `; it also exports ${names.map((name) => `"${name}"`).join(", ")}`;
}
