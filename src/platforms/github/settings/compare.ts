/** What is set on GitHub, held against what the files need: one line for each, with the command that mends it. */

import type { CheckUp } from "../../live.ts";
import { type Cloud, cloudsIn } from "../write/clouds.ts";
import {
  api,
  policyCommands,
  putEnvironment,
  type Reviewer,
  renameCheck,
  repositoryVariableMeaning,
  ruleset,
  setVariable,
  variableMeaning,
} from "./commands.ts";
import { actionsAppId, type NeededEnvironment, type NeededSettings } from "./needed.ts";
import { type SubjectCustomization, subjectOf, trustOf } from "./trust.ts";

const cloudNames: Readonly<Record<Cloud, string>> = { aws: "AWS", google: "Google Cloud", azure: "Azure" };

/** What GitHub says. A part that could not be asked says why: it is never taken for one that is not there. */
export interface FoundSettings {
  /** `owner/name` */
  readonly repository: string;
  readonly defaultBranch: string;
  /** Version of a GitHub Enterprise Server; undefined: it is GitHub itself. */
  readonly server: MaybeUnknown<string | undefined>;
  readonly environments: ReadonlyMap<string, MaybeUnknown<FoundEnvironment | undefined>>;
  /** Who the definition's reviewers are; undefined: there is no such team, and nobody of that name. */
  readonly reviewers: ReadonlyMap<string, MaybeUnknown<Reviewer | undefined>>;
  /** Of the repository. */
  readonly variables: MaybeUnknown<readonly string[]>;
  readonly secrets: MaybeUnknown<readonly string[]>;
  /** Checks that active rulesets ask of the default branch. */
  readonly requiredChecks: MaybeUnknown<readonly RequiredCheck[]>;
  readonly subject: MaybeUnknown<SubjectCustomization>;
}

export type MaybeUnknown<T> = { readonly is: T } | { readonly unknown: string };

export interface FoundEnvironment {
  /** Of its branch policies by name; "any" where every branch may, "protected" where those with a protection rule may. */
  readonly branches: readonly string[] | "any" | "protected";
  readonly reviewers: readonly Reviewer[];
  readonly preventsSelfReview: boolean;
  readonly waitMinutes: number;
  /** Apps that are asked before a deployment, by their names. */
  readonly customRules: MaybeUnknown<readonly string[]>;
  readonly variables: MaybeUnknown<readonly string[]>;
  readonly secrets: MaybeUnknown<readonly string[]>;
}

export interface RequiredCheck {
  readonly check: string;
  /** The app that has to report it; undefined: any. */
  readonly app: number | undefined;
  /** The ruleset that asks for it. */
  readonly ruleset: number;
  readonly rulesetName: string;
  /** Whose it is when it is not the repository's own. */
  readonly owner: string | undefined;
}

/** A line of the comparison, and what to carry out, in order. */
export interface Compared {
  readonly checkUp: CheckUp;
  readonly commands: readonly string[];
}

export function compareSettings(needed: NeededSettings, found: FoundSettings): Compared[] {
  return [
    ...serverLines(found),
    ...needed.environments.flatMap((environment) => [
      ...compareEnvironment(environment, found),
      ...(needed.hasOtherJobs ? customRules(environment, found) : []),
    ]),
    ...repositoryVariables(needed, found),
    ...(needed.secrets.length > 0 ? [compareSecrets(needed, found)] : []),
    ...(needed.requiredCheck === undefined ? [] : [compareCheck(needed, found)]),
  ];
}

const fine = (name: string, text: string): Compared => ({ checkUp: { name, verdict: "ok", text }, commands: [] });

function wrong(name: string, verdict: "warn" | "fail", text: string, commands: readonly string[]): Compared {
  return { checkUp: { name, verdict, text, ...(commands.length > 0 && { remedy: commands.join("\n") }) }, commands };
}

/** What generated files rest on and a server does not have. Nothing there can be set to change it. */
function serverLines({ server }: FoundSettings): Compared[] {
  const name = "server";
  if ("unknown" in server)
    return [
      wrong(name, "warn", `whether it is a GitHub Enterprise Server could not be asked for: ${server.unknown}`, []),
    ];
  if (server.is === undefined) return [];
  const text = `GitHub Enterprise Server ${server.is} does not run the actions that keep artifacts in the versions that these files hand everything on with (upload-artifact 4 and newer), and versions of before \`queue: max\` (May 2026) refuse the files`;
  const remedy = "run the delivery on github.com, or by Baton itself: baton serve";
  return [{ checkUp: { name, verdict: "fail", text, remedy }, commands: [] }];
}

/** GitHub asks such an app of deployments alone, and lets no other job into the environment. */
function customRules({ name }: NeededEnvironment, { environments }: FoundSettings): Compared[] {
  const answer = environments.get(name);
  if (answer === undefined || "unknown" in answer || answer.is === undefined) return [];
  const { customRules: rules } = answer.is;
  const line = `custom rules of ${name}`;
  if ("unknown" in rules) return [wrong(line, "warn", `could not be asked for: ${rules.unknown}`, [])];
  if (rules.is.length === 0) return [];
  const text = `${rules.is.join(", ")} decides about deployments there, and GitHub refuses jobs that are none`;
  const remedy = "deployments: each in baton.github.yaml, then baton generate github";
  return [{ checkUp: { name: line, verdict: "fail", text, remedy }, commands: [] }];
}

function compareEnvironment(needed: NeededEnvironment, found: FoundSettings): Compared[] {
  const name = `environment ${needed.name}`;
  const answer = found.environments.get(needed.name) ?? { is: undefined };
  if ("unknown" in answer) return [wrong(name, "fail", `could not be asked for: ${answer.unknown}`, [])];
  const environment = answer.is;
  const put = putEnvironment(needed, reviewersOf(needed, found), environment);
  const wantedBranches = needed.branches === "any" ? [] : needed.branches;
  const patterns = wantedBranches?.map(({ pattern }) => pattern) ?? [found.defaultBranch];
  const policies = policyCommands(needed, found.defaultBranch);
  if (environment === undefined) {
    const commands = [put, ...policies.map(({ command }) => command)];
    const text = "is not there: the first run that names it makes it, open to every branch and with nobody to ask";
    return [
      wrong(name, needed.branches === "any" ? "warn" : "fail", text, commands),
      ...variablesIn(needed, undefined, found),
    ];
  }
  const compared = [compareBranches()];
  if (needed.reviewers !== undefined) compared.push(compareReviewers({ needed, environment, found, put }));
  return [...compared, ...variablesIn(needed, environment, found)];

  function compareBranches(): Compared {
    const { branches } = environment!;
    if (needed.branches === "any") {
      if (branches === "any") return fine(name, "open to every branch: whoever may push one has what it holds");
      return wrong(name, "fail", "its branch policy refuses pull requests, whose runs are of no branch", [put]);
    }
    const wanted = patterns.filter((one) => one !== undefined).join(", ");
    if (branches === "any" || branches === "protected") {
      const text =
        branches === "any"
          ? "every branch may use it, and with it what it holds"
          : "protected branches may use it: where no branch has a protection rule, that is every branch";
      return wrong(name, "fail", `${text}; ${wanted} is meant`, [put, ...policies.map(({ command }) => command)]);
    }
    const missing = policies.filter((_, at) => patterns[at] === undefined || !branches.includes(patterns[at]));
    const more = branches.filter((one) => !patterns.includes(one));
    // What a policy cannot say, people have said one by one; whether rightly, nobody can tell from here.
    if (patterns.includes(undefined)) {
      const text = `open to ${branches.join(", ") || "nobody"}; whether that is ${wantedBranches!.map(({ branch }) => branch).join(", ")} is for you to see`;
      return branches.length > 0
        ? fine(name, text)
        : wrong(
            name,
            "fail",
            text,
            missing.map(({ command }) => command),
          );
    }
    const policy = `${api}/environments/${needed.name}/deployment-branch-policies`;
    const close = more.map(
      (one) =>
        `gh api -X DELETE ${policy}/$(gh api ${policy} --jq '.branch_policies[] | select(.name == "${one}").id')`,
    );
    if (missing.length > 0) {
      const text = `open to ${branches.join(", ") || "no branch"}, not to ${wanted}: deployments are refused`;
      return wrong(name, "fail", text, [...missing.map(({ command }) => command), ...close]);
    }
    if (more.length > 0) {
      const text = `open to ${more.join(", ")} as well, which the definition does not deploy there`;
      return wrong(name, "warn", text, close);
    }
    return fine(name, `open to ${wanted} only`);
  }
}

function reviewersOf({ reviewers = [] }: NeededEnvironment, { reviewers: known }: FoundSettings): Reviewer[] {
  if (reviewers.length === 0) return [{ type: "Team", id: "$(gh api orgs/{owner}/teams/<team> --jq .id)" }];
  return reviewers.map((one) => {
    const answer = known.get(one);
    return answer !== undefined && "is" in answer && answer.is !== undefined
      ? answer.is
      : { type: "Team", id: `$(gh api orgs/{owner}/teams/${one} --jq .id)` };
  });
}

function compareReviewers(options: {
  needed: NeededEnvironment;
  environment: FoundEnvironment;
  found: FoundSettings;
  put: string;
}): Compared {
  const { needed, environment, found, put } = options;
  const name = `reviewers of ${needed.name}`;
  const asked = environment.reviewers;
  const strangers = needed.reviewers!.filter((one) => {
    const answer = found.reviewers.get(one);
    return answer !== undefined && "is" in answer && answer.is === undefined;
  });
  if (asked.length === 0) {
    const text =
      "nobody is asked: the gate is open. GitHub asks reviewers for private repositories on the plan Enterprise only, for public ones always";
    return wrong(name, "fail", text, [put]);
  }
  if (strangers.length > 0) {
    return wrong(name, "fail", `${strangers.join(", ")}: neither a team of the organization nor a person`, []);
  }
  const same = (one: Reviewer, other: Reviewer) => one.type === other.type && one.id === other.id;
  const wanted = reviewersOf(needed, found).filter(({ id }) => typeof id === "number");
  const missing = wanted.filter((one) => !asked.some((other) => same(one, other)));
  const more = asked.filter((one) => needed.reviewers!.length > 0 && !wanted.some((other) => same(one, other)));
  if (missing.length + more.length > 0) {
    const text = `${missing.length} of the definition's reviewers are not asked, and ${more.length} others are`;
    return wrong(name, "fail", text, [put]);
  }
  if (!environment.preventsSelfReview) {
    return wrong(name, "warn", "whoever starts a run may approve it", [put]);
  }
  return fine(name, needed.reviewers!.join(", ") || `${asked.length} of them`);
}

function variablesIn(
  needed: NeededEnvironment,
  environment: FoundEnvironment | undefined,
  { variables }: FoundSettings,
): Compared[] {
  const names = Object.keys(needed.variables);
  if (names.length === 0) return [];
  const name = `variables of ${needed.name}`;
  const here = environment?.variables ?? { is: [] };
  const unknown = [here, variables].find((one) => "unknown" in one);
  const known = [here, variables].flatMap((one) => ("is" in one ? one.is : []));
  const missing = names.filter((one) => !known.includes(one));
  if (missing.length === 0) return [fine(name, names.join(", "))];
  if (unknown !== undefined && "unknown" in unknown) {
    return [wrong(name, "warn", `${missing.join(", ")} may be missing: ${unknown.unknown}`, [])];
  }
  const commands = missing.map(
    (one) => `gh variable set ${one} --env ${needed.name} --body '${needed.variables[one]}'`,
  );
  const text = `not set, nor for the repository: ${missing.map((one) => `${one} (${lower(variableMeaning(one, needed))})`).join(", ")}`;
  return [wrong(name, "fail", text, commands)];
}

/** Of an environment they are not seen by jobs that run in none. */
function repositoryVariables({ variables: needed }: NeededSettings, { variables }: FoundSettings): Compared[] {
  const names = Object.keys(needed);
  if (names.length === 0) return [];
  const name = "variables of the repository";
  if ("unknown" in variables) {
    return [wrong(name, "warn", `${names.join(", ")} may be missing: ${variables.unknown}`, [])];
  }
  const missing = names.filter((one) => !variables.is.includes(one));
  if (missing.length === 0) return [fine(name, names.join(", "))];
  const commands = missing.map((one) => setVariable(one, needed[one]!));
  const text = `not set: ${missing.map((one) => `${one} (${lower(repositoryVariableMeaning(one))})`).join(", ")}`;
  return [wrong(name, "fail", text, commands)];
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** A secret may come from an environment, the repository or the organization; the last of them is not looked at. */
function compareSecrets({ secrets, environments }: NeededSettings, found: FoundSettings): Compared {
  const name = "secrets";
  const answers = [
    found.secrets,
    ...environments.flatMap((one) => {
      const answer = found.environments.get(one.name);
      return answer && "is" in answer && answer.is ? [answer.is.secrets] : [];
    }),
  ];
  const known = answers.flatMap((one) => ("is" in one ? one.is : []));
  const missing = secrets.filter((one) => !known.includes(one));
  if (missing.length === 0) return fine(name, secrets.join(", "));
  const unknown = answers.flatMap((one) => ("unknown" in one ? [one.unknown] : []))[0];
  const text = `not in the repository or an environment: ${missing.join(", ")}`;
  const commands = missing.map((one) => `gh secret set ${one}`);
  if (unknown !== undefined) return wrong(name, "warn", `${missing.join(", ")} may be missing: ${unknown}`, []);
  return wrong(name, "warn", `${text} (the organization's are not looked at)`, commands);
}

function compareCheck({ name: delivery, requiredCheck }: NeededSettings, { requiredChecks }: FoundSettings): Compared {
  const name = "required check";
  const check = requiredCheck!;
  if ("unknown" in requiredChecks) return wrong(name, "warn", `could not be asked for: ${requiredChecks.unknown}`, []);
  const asked = requiredChecks.is.filter((one) => one.check === check);
  // What Baton called it before, in the ruleset that Baton's command made.
  const former = requiredChecks.is.find((one) => one.check === "Summary" && one.rulesetName === delivery);
  if (asked.length === 0 && former !== undefined) {
    return renamed(
      "fail",
      `is ${check} by now; nobody reports ${former.check} any more, which pull requests wait for`,
      former,
    );
  }
  if (asked.length === 0) {
    const text = `pull requests may be merged before ${check} has passed`;
    const body = JSON.stringify(ruleset(delivery, check));
    return wrong(name, "warn", text, [`gh api -X POST ${api}/rulesets --input - <<< '${body}'`]);
  }
  if (asked.some(({ app }) => app === actionsAppId)) return fine(name, `${check}, of GitHub Actions`);
  return renamed("warn", `${check} may be reported by any app`, asked[0]!);

  function renamed(verdict: "warn" | "fail", text: string, { check: called, ...where }: RequiredCheck): Compared {
    if (where.owner === undefined)
      return wrong(name, verdict, text, [renameCheck(where.ruleset, { former: called, check })]);
    const remedy = `the ruleset ${where.rulesetName} is that of ${where.owner}, where it holds for other repositories too: change ${called} there`;
    return { checkUp: { name, verdict, text, remedy }, commands: [] };
  }
}

/** What the roles of environments have to trust. Whether they do is seen on the cloud's side only. */
export function trustLines(needed: NeededSettings, { subject, repository, defaultBranch }: FoundSettings): Compared[] {
  const signingIn = needed.environments.flatMap((environment) =>
    cloudsIn(environment.variables).map((cloud) => ({ environment, cloud })),
  );
  if (signingIn.length === 0) return [];
  const several = new Set(signingIn.map(({ cloud }) => cloud)).size > 1;
  const name = "OIDC";
  if ("unknown" in subject)
    return [wrong(name, "warn", `the form of subjects could not be asked for: ${subject.unknown}`, [])];
  const lines = signingIn.map(({ environment, cloud }): Compared => {
    const { branches } = environment;
    const isPreview = branches === "any";
    const [branch] = isPreview ? [] : (branches?.map(({ pattern }) => pattern) ?? [defaultBranch]);
    const isOne = branch !== undefined && (branches?.length ?? 1) === 1 && !/[*[]/.test(branch);
    const found = subjectOf(subject.is, {
      repository,
      environment: environment.name,
      ref: isPreview ? "*" : `refs/heads/${isOne ? branch : "*"}`,
    });
    const line = `trust of ${environment.name}${several ? ` on ${cloudNames[cloud]}` : ""}`;
    if (found === undefined) {
      const keys = subject.is.include_claim_keys?.join(", ");
      return wrong(
        line,
        "warn",
        `subjects are made of ${keys}: put them together as ${cloudNames[cloud]} needs them`,
        [],
      );
    }
    const { who, command, but } = trustOf(cloud, found.subject, environment.name);
    return fine(line, `${who}${but === undefined ? "" : ` (${but})`}\n${command}`);
  });
  const isBound =
    subject.is.use_default === false && subject.is.include_claim_keys?.includes("job_workflow_ref") === true;
  if (isBound) return lines;
  const body = JSON.stringify({ use_default: false, include_claim_keys: ["repo", "context", "job_workflow_ref"] });
  const text =
    "subjects name the environment alone: every workflow file of its branch that says it gets the role. Once the roles of this repository trust the longer subjects as well:";
  const bind = `gh api -X PUT ${api}/actions/oidc/customization/sub --input - <<< '${body}'`;
  // Carried out too early it locks out every role that this repository has, so it is told and never among what to do now.
  return [...lines, { checkUp: { name, verdict: "warn", text, remedy: bind }, commands: [] }];
}
