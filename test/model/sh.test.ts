import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { pipeline, secret, sh, text, variable } from "../../src/model/index.ts";
import { tries } from "../lane/depth.ts";

const infra = pipeline("infra", {
  outputs: { siteBucket: "string", site: "string" },
  jobs: { apply: { deploys: true, steps: ["true"] } },
});

test("a value is handed over in an environment variable, never as text", () => {
  assert.deepEqual(sh`aws s3 sync dist s3://${infra.outputs.siteBucket}`, {
    name: "aws s3 sync dist s3://{infra.siteBucket}",
    run: 'aws s3 sync dist s3://"$BATON_VALUE_INFRA_SITE_BUCKET"',
    env: { BATON_VALUE_INFRA_SITE_BUCKET: { output: "infra.siteBucket" } },
  });
});

test("one value has one variable; values whose names fall together have two", () => {
  const { run, env } = sh`use ${variable("a-b")} ${variable("a-b")} ${secret("A_B")} ${text`x${variable("a-b")}`}`;
  assert.equal(run, 'use "$BATON_VALUE_A_B" "$BATON_VALUE_A_B" "$BATON_VALUE_A_B_2" "$BATON_VALUE_3"');
  assert.deepEqual(env, {
    BATON_VALUE_A_B: { variable: "a-b" },
    BATON_VALUE_A_B_2: { secret: "A_B" },
    BATON_VALUE_3: ["x", { variable: "a-b" }],
  });
});

test("options may be given before the template or after the string", () => {
  const script = sh({ name: "Upload", timeout: "5m", env: { A: "1" } })`upload ${variable("b")}`;
  assert.equal(script.name, "Upload");
  assert.deepEqual(script.env, { A: "1", BATON_VALUE_B: { variable: "b" } });
  assert.deepEqual(sh("npm ci", { timeout: "5m" }), { run: "npm ci", timeout: "5m" });
});

test("templates keep the shell's backslashes and lose the indentation they share", () => {
  const step = sh`
    grep 'a\.b' file | tr '\n' ' '
      echo \`date\` "\${HOME}"
  `;
  assert.equal(step.run, ["grep 'a\\.b' file | tr '\\n' ' '", '  echo `date` "$' + '{HOME}"'].join("\n"));
  assert.equal(step.name, "grep 'a\\.b' file | tr '\\n' ' '");
});

/** Runs what sh`…` made, in the shells that steps run in, with the value in its variable. */
function printed(step: { run: string; env?: unknown }, value: string, shell: "bash" | "sh"): string {
  const env: Record<string, string> = { PATH: process.env.PATH ?? "" };
  for (const name of Object.keys((step.env as object | undefined) ?? {})) env[name] = value;
  const flags = shell === "bash" ? ["-eo", "pipefail", "-c"] : ["-e", "-c"];
  // With a socket as standard input bash takes itself for a remote shell and reads its start-up file.
  return execFileSync(shell, [...flags, step.run], { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const value = variable("v");
/** Each prints the value between angle brackets, as exactly one argument. */
const scripts = [
  sh`printf '<%s>' ${value}`,
  sh`printf '<%s>' "${value}"`,
  sh`printf '<%s>' '${value}'`,
  sh`printf '<%s>' "$(printf '%s' ${value}; printf x)" | head -c -2; printf '>'`,
  sh`printf '<%s>' "$(printf '%s' "${value}")x" | head -c -2; printf '>'`,
  sh`
    # ${value} in a comment, it's not a quote
    printf '<%s>' ${value}
  `,
  sh`
    cat <<EOF | head -c -1
    <${value}>
    EOF
  `,
  sh`
    x=${value}; y='it'"'"'s'
    ( printf '<%s>' "$x" )
  `,
  sh`case ${value} in *) printf '<%s>' ${value};; esac`,
  sh`echo a\ b >/dev/null; printf '<%s>' ${value}`,
];
const bashOnly = [sh`printf '<%s>' $'${value}'`, sh`[[ ${value} == ${value} ]] && printf '<%s>' ${value}`];

const nasty = fc.oneof(
  fc.constantFrom(
    "a b",
    "$(touch pwned)",
    "`id`",
    "'; id; '",
    '"; id; "',
    "*",
    "~",
    "\\",
    "$HOME",
    "a\nb",
    "EOF",
    "-n",
    "",
  ),
  fc
    .array(fc.constantFrom("'", '"', "$", "(", ")", "`", "\\", " ", ";", "&", "|", "\n", "*", "#", "!", "a", "é"), {
      maxLength: 12,
    })
    .map((chars) => chars.join("")),
);

test("whatever a value holds, each shell sees it as one argument and runs nothing of it", () => {
  fc.assert(
    fc.property(
      nasty,
      fc.constantFrom(...scripts),
      fc.constantFrom("bash" as const, "sh" as const),
      (text, step, shell) => {
        // A command substitution takes the line breaks at the end away, here as everywhere in a shell.
        const expected = step.run.includes("$(printf") ? text.replace(/\n+$/, "") : text;
        const got = printed(step, text, shell);
        const same = got === `<${expected}>` || got === `<${text}>`;
        assert.ok(same, `${shell}: ${step.run}\nprinted ${JSON.stringify(got)} for ${JSON.stringify(text)}`);
      },
    ),
    tries(120),
  );
  for (const step of bashOnly) assert.equal(printed(step, "a'b\" $(id) *", "bash"), "<a'b\" $(id) *>");
});

test("where a variable would be code, or would not be filled in, it is refused", () => {
  const refused = (make: () => unknown) => {
    assert.throws(make, (error: Error) => /cannot be put into the script here: .+\n {2}in: /s.test(error.message));
  };
  refused(() => sh`echo $(( ${value} + 1 ))`);
  refused(() => sh`(( ${value} > 1 ))`);
  refused(() => sh`echo \`cat ${value}\``);
  refused(() => sh`echo "\${x:-${value}}"`);
  refused(() => sh`echo "$(case a in a) echo ${value};; esac)"`);
  refused(
    () => sh`
    cat <<END
    $(cat ${value})
    END
  `,
  );
  refused(
    () => sh`cat <<'END'
${value}
END`,
  );
});

test("a here-document ends where the shell ends it", () => {
  const step = sh`
    cat <<-ONE; cat <<"TWO" && printf '<%s>' ${value}
    	one
    	ONE
    two ' " $(
    TWO
    printf '<%s>' ${value}
  `;
  assert.equal(printed(step, "a b", "bash"), "one\ntwo ' \" $(\n<a b><a b>");
});

test("bash and sh are there for these tests", () => {
  for (const shell of ["bash", "sh"]) assert.equal(spawnSync(shell, ["-c", "true"]).status, 0);
});
