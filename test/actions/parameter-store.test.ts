import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { parameterStore, variable } from "../../src/index.ts";
import { startEmulator } from "../aws/emulator.ts";
import { fullDepth, emulator as programs } from "../lane/needs.ts";

const execute = promisify(execFile);
const when = fullDepth(...programs);

test("every value is kept as it is, whatever the AWS CLI would make of such a word", when, async () => {
  await using emulator = await startEmulator();
  const hostile: readonly string[] = [
    // Answers, so that it would be fetched without a word.
    `${emulator.endpoint}/moto-api/`,
    "https://shop.example/a?b=c",
    "file:///etc/hostname",
    "fileb:///etc/hostname",
    "--overwrite",
    "-",
    '{"a": [1, "b"]}',
    "@paramfile.json",
    "a,b=c",
    `it's "$(id)" \`id\` \\n %s`,
    "Größe: 5 €",
    "two\nlines\n",
    " spaces ",
  ];
  // Literal words of the definition, and values that only the run knows.
  const { run, env = {} } = parameterStore.put(
    Object.fromEntries(
      hostile.map((value, i) => [`/shop/value-${i}`, i % 2 === 0 ? value : variable(`value${i}`)] as const),
    ),
  );
  const values = Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      assert.ok(typeof value === "object" && "variable" in value);
      return [name, hostile[Number(value.variable.slice("value".length))]!];
    }),
  );
  await execute("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", run], {
    env: { ...emulator.env, ...values, LC_ALL: "C" },
  });
  const { Parameters } = await emulator.aws<{ Parameters: { Name: string; Value: string }[] }>(
    ...["ssm", "get-parameters-by-path", "--path", "/shop"],
  );
  const kept = new Map(Parameters.map(({ Name, Value }) => [Name, Value]));
  assert.deepEqual(
    hostile.map((_, i) => kept.get(`/shop/value-${i}`)),
    hostile,
  );
});
