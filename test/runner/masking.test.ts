import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { ambientCredentials } from "../../src/runner/ambient-credentials.ts";
import { createTextCleaner } from "../../src/runner/clean-text.ts";
import { createMasking, MASK } from "../../src/runner/masking.ts";
import { secretForms } from "../../src/runner/secret-forms.ts";
import { tries } from "../lane/depth.ts";
import { needs } from "../lane/needs.ts";
import { createRig, failureOf, step } from "./rig.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a colour.
const SGR = /\x1b\[[0-9;:]*m/g;

/** The rule of masking.ts, as slowly as can be. */
function maskSlowly(text: string, forms: string[]): string {
  const hidden = new Uint8Array(text.length);
  for (const form of forms) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) hidden.fill(1, at, at + form.length);
  }
  let out = "";
  for (let at = 0; at < text.length; at++) {
    if (hidden[at] === 0) out += text[at];
    else if (at === 0 || hidden[at - 1] === 0) out += MASK;
  }
  return out;
}

function cutAt(text: string, cuts: number[]): string[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((place, index) => text.slice(places[index], place));
}

const secret = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom("a", "b", "/", "'", '"', "$", " ", "%", "\\") }),
  fc.string({ minLength: 4, maxLength: 30, unit: "binary" }),
  fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 4 }).map((lines) => lines.join("\n")),
);
const cuts = fc.array(fc.nat(), { maxLength: 8 });

test("no form of a secret survives any cutting, and everything else is unchanged", () => {
  const property = fc.property(
    fc.array(secret, { minLength: 1, maxLength: 3 }),
    fc.array(
      fc.oneof(
        fc.nat(),
        fc.string({ maxLength: 6 }),
        fc.string({ unit: fc.constantFrom("a", "b", "/", "'"), maxLength: 6 }),
      ),
      { maxLength: 12 },
    ),
    cuts,
    (secrets, parts, where) => {
      const forms = secrets.flatMap((value) => Object.values(secretForms(value)).flat());
      const text = parts
        .map((part) => (typeof part === "number" ? (forms[part % forms.length] ?? "") : part))
        .join("")
        // One line, no colours: those have rules of their own below.
        .replaceAll("\x1b", "");
      const oneLine = text.replaceAll("\n", "");
      const plain = secrets.flatMap((value) => secretForms(value).plain);
      const wrapped = secrets.flatMap((value) => secretForms(value).wrapped);
      const stream = createMasking(secrets).stream();
      const masked =
        cutAt(oneLine, where)
          .map((piece) => stream.push(piece))
          .join("") + stream.end();
      assert.equal(masked, maskSlowly(oneLine, [...plain, ...wrapped]));
    },
  );
  fc.assert(property, tries(1_000));
});

test("cutting changes nothing, with line ends and colours too", () => {
  const colour = fc.constantFrom("\x1b[31m", "\x1b[0m", "\n", "\x1b[1;32m");
  const property = fc.property(
    secret,
    fc.array(fc.oneof(fc.nat(), fc.string({ maxLength: 4 }), colour), { maxLength: 12 }),
    cuts,
    (value, parts, where) => {
      const forms = Object.values(secretForms(value)).flat();
      const raw = parts.map((part) => (typeof part === "number" ? (forms[part % forms.length] ?? "") : part)).join("");
      const cleaner = createTextCleaner();
      const text = cleaner.push(raw) + cleaner.end();
      const masking = createMasking([value]);
      const stream = masking.stream();
      const streamed = createTextCleaner();
      const out =
        cutAt(raw, where)
          .map((piece) => stream.push(streamed.push(piece)))
          .join("") +
        stream.push(streamed.end()) +
        stream.end();
      assert.equal(out, masking.mask(text));
      for (const form of secretForms(value).plain)
        assert.ok(form.includes("*") || !out.replace(SGR, "").includes(form), JSON.stringify({ form, out }));
    },
  );
  fc.assert(property, tries(1_000));
});

test("a secret is found in colours, over line ends of base64, and however it was encoded", needs("python3"), () => {
  const value = `p@ss "w'rd"/$x & é`.repeat(6);
  const masking = createMasking([value]);
  const base64 = Buffer.from(`user:${value}:x`).toString("base64").replace(/.{76}/g, "$&\n");
  const hidden = masking.mask(base64);
  assert.ok(hidden.length < 24, hidden);
  assert.equal(masking.mask(`<\x1b[31m${value.slice(0, 5)}\x1b[0m${value.slice(5)}>`), "<\x1b[31m***\x1b[0m>");
  const bash = (script: string) =>
    spawnSync("bash", ["-c", script, "-", value], { encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8" } });
  const python =
    "import sys,json,urllib.parse as u,shlex;v=sys.argv[1];print(json.dumps(v)[1:-1]);print(u.quote(v));print(u.quote(v,safe=''));print(u.quote_plus(v));print(shlex.quote(v)[1:-1])";
  const shown = [
    bash(`printf '%q\\n' "$1"`).stdout,
    bash(`echo "\${1@Q}"`).stdout,
    bash(`set -x; : "$1"`).stderr,
    bash(`printf %s "$1" | base64`).stdout,
    bash(`printf "x%s" "$1" | base64 -w0`).stdout,
    // As `xxd -p` writes it: 60 digits on a line.
    Buffer.from(`x${value}`).toString("hex").replace(/.{60}/g, "$&\n"),
    Buffer.from(value).toString("hex").toUpperCase(),
    bash(`printf %s "$1" | od -An -v -tx1 | tr -d ' '`).stdout,
    bash(`printf %s "$1" | od -An -v -tx1`).stdout,
    Buffer.from(value)
      .toString("hex")
      .replace(/..(?!$)/g, "$&:")
      .toUpperCase(),
    Buffer.from(value)
      .toString("hex")
      .replace(/.{4}(?!$)/g, "$& "),
    ...spawnSync("python3", ["-c", python, value], { encoding: "utf8" }).stdout.split("\n"),
    new URL(`http://h/?q=${value}`).search,
    new URLSearchParams({ q: value }).toString(),
    JSON.stringify({ value }),
  ];
  for (const text of shown.filter((line) => line !== ""))
    assert.ok(masking.mask(text).length < 24, `${text} -> ${masking.mask(text)}`);
});

test("secrets are hidden in logs, in live lines and in failures", async (t) => {
  const value = "first line of key\nsecond line of key";
  const rig = createRig(t, { secrets: () => value });
  const script = `printf 'a fir'; printf 'st line of key b\\n'; echo "$KEY"; printf %s "$KEY" | base64 -w0; echo; mkdir "$PWD/x"`;
  const ended = await rig.run({ env: { KEY: [{ secret: "KEY" }] }, steps: [step(script)] });
  assert.equal(ended.result.kind, "succeeded");
  assert.deepEqual(await rig.texts(ended.token), ["a *** b", "***", "***"]);
  assert.deepEqual(
    rig.lines.map((line) => line.text),
    ["a *** b", "***", "***"],
  );
  const named = { ...step("exit 1"), name: "uses second line of key" };
  const failure = failureOf(await rig.run({ env: { KEY: [{ secret: "KEY" }] }, steps: [named] }));
  assert.equal(failure.message, "step 'uses ***' ended with exit code 1");
});

test("credentials of the environment are hidden and no outputs, without being declared; jobs still get them", async (t) => {
  const token = "ghs_16C7e42F292c6912E7710c838347Ae178B4a";
  const rig = createRig(t, {
    env: { ...process.env, GITHUB_TOKEN: token, STAGE_SECRET: "dev", DB_PASSWORD: "postgres" },
  });
  const ended = await rig.run(
    `echo "$GITHUB_TOKEN"; printf %s "$GITHUB_TOKEN" | od -An -v -tx1 | tr -d ' '; echo dev "$DB_PASSWORD" \${#GITHUB_TOKEN}`,
  );
  assert.equal(ended.result.kind, "succeeded");
  assert.deepEqual(await rig.texts(ended.token), ["***", "***", "dev postgres 40"]);
  const refused = await rig.run({
    outputs: { v: "string" },
    steps: [step('echo "v=x$GITHUB_TOKEN" >> "$BATON_OUTPUT"')],
  });
  assert.match(failureOf(refused).message, /output 'v' contains a secret/);
});

test("which variables hold a credential, and which values are worth hiding", () => {
  const hidden = (env: Record<string, string>) =>
    ambientCredentials(env, { exists: (path) => path === "/run/secrets/npm" });
  const value = "k3-9fQz81LmPw";
  for (const name of [
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "NPM_TOKEN",
    "NODE_AUTH_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "GOOGLE_CREDENTIALS",
    "DOCKER_PASSWORD",
    "REGISTRY_PASSWORD",
    "PGPASSWORD",
    "MY_TOKEN",
    "my_db_password",
    "STRIPE_API_KEY",
    "SECRET",
  ])
    assert.deepEqual(hidden({ [name]: value }), [value], name);
  for (const name of [
    "PATH",
    "HOME",
    "AWS_ACCESS_KEY_ID",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "TOKENIZER",
    "SECRETARY",
    "PASSWORD_STORE_DIR",
    "SSH_AUTH_SOCK",
  ])
    assert.deepEqual(hidden({ [name]: value }), [], name);
  for (const common of [
    "",
    "true",
    "dev",
    "1234567",
    "password",
    "postgres",
    "not-a-real-value",
    "development",
    "20261129",
    "/run/secrets/npm",
    "https://id.example/token",
  ])
    assert.deepEqual(hidden({ APP_SECRET: common }), [], common);
  for (const real of [
    "/aB9x/kQ",
    "hunter22",
    "correct-horse-battery-staple-and-more",
    "eyJhbGciOi.eyJzdWI",
    "a1b2c3d4",
  ])
    assert.deepEqual(hidden({ APP_SECRET: real }), [real], real);
});
