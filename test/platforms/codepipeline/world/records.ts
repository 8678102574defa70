/** What the records of the set say. */
import type { Account } from "./account.ts";

interface Release {
  readonly commit: string;
  readonly parts: Readonly<Record<string, string>>;
  readonly left: Readonly<Record<string, string>>;
}

export const releaseOf = ({ objects }: Account, number: number): Release =>
  JSON.parse(objects.get(`releases/infra@main/${String(number).padStart(8, "0")}.json`)!);

/** Numbers, oldest first. */
export function proven({ objects }: Account, environment: string): number[] {
  const prefix = `environments/${environment}/infra@main/proven/`;
  return [...objects.keys()].filter((key) => key.startsWith(prefix)).map((key) => Number(key.slice(-13, -5)));
}

/** Bytes that a release wants in an environment, of pipelines in their order. */
export function wanted(account: Account, number: number) {
  const { commit, parts } = releaseOf(account, number);
  return account.definition.delivery.pipelines.map(({ name }) => {
    const record = account.objects.get(`candidates/main/${name}/${parts[name]}.json`)!;
    const { artifacts } = JSON.parse(record) as { artifacts: { build?: string } };
    return artifacts.build ?? `${name}@${account.commits.get(commit)![name]}`;
  });
}
