import { relative } from "node:path";
import { loadDefinition } from "../definition/load.ts";
import type { Place } from "../project.ts";
import { type MapView, mapView } from "../views/map.ts";
import { type SettingsView, settingsView } from "../views/settings.ts";
import { openJournal } from "./journal.ts";

/** What stands in the definition as it is here now, which need not be what is deployed. @throws {Refused} */
export async function readSettings({ project, caller }: Place): Promise<SettingsView> {
  const { file, repository, root } = project;
  return settingsView(await loadDefinition(file, caller), relative(repository ?? root, file));
}

/** @throws {Refused} */
export async function readMap({ project, caller }: Place): Promise<MapView> {
  const delivery = await loadDefinition(project.file, caller);
  using journal = openJournal(project);
  return mapView(delivery, journal?.durations() ?? new Map());
}
