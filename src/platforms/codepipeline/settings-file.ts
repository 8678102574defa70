import type { z } from "zod";
import { costSettingsSchema } from "./cost/settings.ts";
import { settingsSchema } from "./write/options.ts";

/** All that the platform's settings file may say. */
export const settingsFileSchema = settingsSchema.extend({ cost: costSettingsSchema.prefault({}) });

export type FileSettings = z.infer<typeof settingsFileSchema>;
