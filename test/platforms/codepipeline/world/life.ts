/** How every history of an account begins, and what must come of it in the end. */
import { Account } from "./account.ts";
import { violations } from "./checkers.ts";
import type { Definition } from "./definition.ts";

/** The stack is created, and its first runs have gone everywhere. */
export async function begun(
  definition: Definition,
  options: ConstructorParameters<typeof Account>[1] = {},
): Promise<Account> {
  const account = new Account(definition, options);
  account.push(
    definition.delivery.pipelines.map(({ name }) => name),
    { isHeard: false },
  );
  account.create();
  await account.settle();
  return account;
}

/** Somebody has mended everything. */
export function isWell(account: Account): void {
  account.fate = () => "works";
  account.passes = () => true;
  account.isRinging = () => false;
  account.skew = 0;
  account.closed.clear();
}

/** Once all is well again: what was found on the way, and whether a last push gets everywhere. */
export async function ended(account: Account): Promise<string[]> {
  isWell(account);
  await account.settle();
  const names = account.definition.delivery.pipelines.map(({ name }) => name);
  const commit = account.push(names);
  await account.settle();
  const there = account.definition.delivery.environments.map((environment) =>
    names.map((name) => account.truth.get(`${environment.name} ${name}`)),
  );
  const shown = there.join(" | ");
  const isEverywhere = there.flat().every((bytes) => new RegExp(`^[^ ]+@${commit}(#|$)`).test(bytes ?? ""));
  return [
    ...violations(account),
    ...(isEverywhere ? [] : [`a push that does not get everywhere: ${commit}, and there is ${shown}`]),
    ...(there.every((one) => String(one) === String(there[0])) ? [] : [`other bytes in another environment: ${shown}`]),
  ];
}
