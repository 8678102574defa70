/**
 * Variables of the environment that hold a credential whoever set them: what CI services and cloud logins leave there. Their
 * values are hidden in logs although no job declares them. A table; docs/cli.md shows it.
 */
const NAMES: ReadonlySet<string> = new Set([
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AZURE_CLIENT_SECRET",
  "ARM_CLIENT_SECRET",
  "ARM_ACCESS_KEY",
  "GOOGLE_CREDENTIALS",
  "DOCKER_AUTH_CONFIG",
  "PGPASSWORD",
  "MYSQL_PWD",
]);

/** The last word of a name, after `_` or alone. */
const LAST_WORDS = /(?:^|_)(?:TOKEN|PASSWORD|PASSWD|SECRET|SECRET_KEY|API_KEY|PRIVATE_KEY)$/i;

/** Shorter values turn up in ordinary text. */
const SHORTEST = 8;
/** More than this is a file's worth, and looking for it in all its forms would cost more than it hides. */
const LONGEST = 8_192;
/** Words (`postgres`, `not-a-real-value`) and numbers shorter than this are not secret, and hiding them would blot out logs. */
const SHORTEST_WORDS = 24;
const WORDS = /^(?:[A-Z]?[a-z]+|[A-Z]+)(?:[-_. ](?:[A-Z]?[a-z]+|[A-Z]+))*$/;
const NUMBER = /^\d+$/;
const WEB_ADDRESS = /^https?:\/\/[^@]*$/;

/** The values to hide. `exists`: whether a path leads to something; then it is where a secret lies and none itself. */
export function ambientCredentials(
  env: Readonly<Record<string, string | undefined>>,
  { exists }: { exists(path: string): boolean },
): string[] {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !(NAMES.has(name) || LAST_WORDS.test(name))) continue;
    if (isWorthHiding(value) && !(/^[.~/]/.test(value) && exists(value))) found.add(value);
  }
  return [...found];
}

function isWorthHiding(value: string): boolean {
  if (value.length < SHORTEST || value.length > LONGEST || WEB_ADDRESS.test(value)) return false;
  return value.length >= SHORTEST_WORDS || !(WORDS.test(value) || NUMBER.test(value));
}
