import { acceptSettings } from "../settings.ts";
import type { Wanted } from "../writer.ts";
import { type FileSettings, settingsFileSchema } from "./settings-file.ts";
import { formats, layouts, type WriteOptions } from "./write/options.ts";

/** All that decides what is written. @throws {CannotWrite} for a settings file that is not accepted. */
export function optionsOf(wanted: Wanted): WriteOptions & { readonly settings: FileSettings } {
  const settings = acceptSettings(settingsFileSchema, wanted.settings);
  return {
    layout: layouts.find((name) => name === wanted.layout) ?? settings.layout,
    format: formats.find((name) => name === wanted.format) ?? settings.format,
    settings,
    root: settings.root ?? wanted.root,
    folder: wanted.folder,
  };
}
