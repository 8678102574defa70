/** The package's entry, what `import … from "baton-cd"` gives: builders of a delivery and steps for common tools. */
export * from "./actions/index.ts";
export * from "./model/index.ts";
