import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import { refused } from "../control.ts";
import type { Planned } from "../verbs/plan.ts";

/** Every byte of a release that is moved is looked at before anything changes: half a deployment is worse than none. @throws {Refused} */
export async function requireWhole({
  project,
  files = [],
  moves,
  plan,
}: Pick<Planned, "project" | "files" | "moves" | "plan">): Promise<void> {
  const digests = await new ArtifactStore(project.stateFolder).unusable(files.map(({ digest }) => digest));
  const gone = files.filter(({ digest }) => digests.includes(digest)).map((one) => `${one.pipeline}.${one.artifact}`);
  if (gone.length === 0) return;
  throw refused("files-gone", { subject: plan.environments.join(), known: [String(moves), ...gone] });
}
