/** Whether what generated workflows need is set on GitHub, and the commands that set it. Runs none of them. */

import type { Here, Readiness } from "../../live.ts";
import type { Wanted } from "../../writer.ts";
import { type Compared, compareSettings, trustLines } from "../settings/compare.ts";
import { neededSettings } from "../settings/needed.ts";
import { writeOptionsOf } from "../write/writer.ts";
import { GithubProblem, githubCli } from "./gh.ts";
import { settingsThere } from "./settings-there.ts";

export async function readinessOnGithub(wanted: Wanted, here: Here): Promise<Readiness> {
  const { delivery } = wanted;
  const needed = neededSettings(delivery, writeOptionsOf(wanted));
  const remote = await here.remote();
  if (remote === undefined) {
    const remedy = "git remote add origin https://github.com/OWNER/NAME.git";
    const text = "the repository has no remote: nobody can say where it is on GitHub";
    return { checkUps: [{ name: "source", verdict: "fail", text, remedy }], does: "update", commands: [] };
  }
  try {
    const found = await settingsThere(remote.path, needed, githubCli(here.env, remote.host));
    const lines: Compared[] = [
      {
        checkUp: { name: "source", verdict: "ok", text: `${remote.path}, default branch ${found.defaultBranch}` },
        commands: [],
      },
      ...compareSettings(needed, found),
      ...trustLines(needed, found),
    ];
    const commands = [...new Set(lines.flatMap((line) => line.commands))];
    return { checkUps: lines.map(({ checkUp }) => checkUp), does: "update", mends: true, commands };
  } catch (error) {
    if (!(error instanceof GithubProblem)) throw error;
    const isHidden = error.kind === "not-found";
    const text = isHidden ? `${remote.path} on ${remote.host} is not there, or not for this token` : error.message;
    const remedy = isHidden ? "gh auth status says who you are" : error.next;
    return {
      checkUps: [{ name: "source", verdict: "fail", text, ...(remedy !== undefined && { remedy }) }],
      does: "update",
      commands: [],
    };
  }
}
