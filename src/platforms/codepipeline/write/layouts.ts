export const layouts = ["single", "separate"] as const;
export type Layout = (typeof layouts)[number];
export const formats = ["cloudformation", "terraform", "cdk"] as const;
export type Format = (typeof formats)[number];
