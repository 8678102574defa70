import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { showKey } from "../../src/facts/show-key.ts";
import { HOLE_MARK, readShell } from "../../src/shell/shell.ts";
import { tries } from "../lane/depth.ts";

const expression = (text: string) => ({ kind: "expression", text }) as const;

/** Commands as lists of words; holes as `$NAME` or `…`. */
function commands(text: string): string[][] {
  return readShell({ text, holes: new Map() }).map((command) => [
    ...command.assignments.map(({ name, value }) => `${name}=${showKey(value.key)}`),
    ...command.words.map(({ key }) => showKey(key)),
    ...command.redirects.map(({ operator, target }) => `${operator} ${showKey(target.key)}`),
  ]);
}

test("words, quotes and escapes", () => {
  assert.deepEqual(commands(`echo a\\ b 'c  d' "e\\"f" g'h'"i" ''`), [["echo", "a b", "c  d", 'e"f', "ghi", ""]]);
  assert.deepEqual(commands("say \"a\\nb\" $'x'"), [["say", "a\\nb", "x"]]);
});

test("lists, pipes, subshells and comments divide commands", () => {
  assert.deepEqual(commands("a && b || c; d | e & (f; g) # h\ni#j"), [
    ["a"],
    ["b"],
    ["c"],
    ["d"],
    ["e"],
    ["f"],
    ["g"],
    ["i#j"],
  ]);
});

test("lines are continued by a backslash, also with CRLF in between words", () => {
  assert.deepEqual(commands("aws s3 \\\n  sync dist\\\n/ s3://x\r\nnext"), [
    ["aws", "s3", "sync", "dist/", "s3://x"],
    ["next"],
  ]);
});

test("variables are holes with names; what is computed is a hole without", () => {
  assert.deepEqual(commands(`push "$IMAGE:\${TAG}" \${X:-main} \${X##*/} $1 $env:STAGE $((1+2))`), [
    ["push", "$IMAGE:$TAG", "$X", "…", "…", "$STAGE", "…"],
  ]);
});

test("commands in substitutions come before the one they stand in", () => {
  assert.deepEqual(commands('URL=$(aws ssm get-parameter --name /a | jq -r .x) curl "$(id -u)" `date +%s`'), [
    ["aws", "ssm", "get-parameter", "--name", "/a"],
    ["jq", "-r", ".x"],
    ["id", "-u"],
    ["date", "+%s"],
    ["URL=…", "curl", "…", "…"],
  ]);
  assert.deepEqual(commands("a $( (b) && c $(d) ) e"), [["b"], ["d"], ["c", "…"], ["a", "…", "e"]]);
  assert.deepEqual(commands("x <(ls -l) y"), [
    ["ls", "-l"],
    ["x", "…", "y"],
  ]);
});

test("assignments and redirections are no words", () => {
  assert.deepEqual(commands('A=1 B="x y" run c=d >> "$GITHUB_ENV" 2>&1 <in &>all'), [
    ["A=1", "B=x y", "run", "c=d", ">> $GITHUB_ENV", "2>& 1", "< in", "&> all"],
  ]);
  assert.deepEqual(commands("LIST=(a b c)\nA+=x"), [["LIST="], ["A=x"]]);
});

test("here-documents are no commands", () => {
  const script = "cat <<EOF > out.txt; next\nterraform apply\nEOF\nssh host <<-'END'\n\tdeploy now\n\tEND\nlast";
  assert.deepEqual(commands(script), [["cat", "> out.txt"], ["next"], ["ssh", "host"], ["last"]]);
  const [cat, , ssh] = readShell({ text: script, holes: new Map() });
  assert.deepEqual(cat?.documents.map(showKey), ["terraform apply\n"]);
  assert.deepEqual(ssh?.documents.map(showKey), ["\tdeploy now\n"]);
  assert.deepEqual(commands('cat <<X >f\nkey = "$ENV/a"\nX'), [["cat", "> f"]]);
});

test("holes are pieces of words", () => {
  const text = `tag "v${HOLE_MARK}-x" '${HOLE_MARK}'`;
  const holes = new Map([
    [6, expression("github.sha")],
    [text.lastIndexOf(HOLE_MARK), expression("inputs.env")],
  ]);
  assert.deepEqual(
    readShell({ text, holes })[0]?.words.map(({ key }) => showKey(key)),
    ["tag", `v\${{ github.sha }}-x`, `\${{ inputs.env }}`],
  );
});

test("unfinished and odd scripts are read to their end", () => {
  for (const script of [
    "echo 'a",
    'echo "a $(b',
    "a $((",
    "a `b",
    "cat <<EOF\nx",
    "${",
    "$",
    "a &&",
    ")",
    "a <",
    "case x in a) b ;; esac",
  ]) {
    assert.ok(Array.isArray(commands(script)), script);
  }
  assert.deepEqual(
    commands("case $x in\n a) deploy ;;\n b | c) other;; esac").filter((c) => c.length === 1),
    [["a"], ["deploy"], ["b"], ["c"], ["other"], ["esac"]],
  );
});

test("any text is read, in time linear in it, and places are inside of it", () => {
  const piece = fc.constantFrom(
    "a",
    " ",
    "\n",
    "'",
    '"',
    "`",
    "$",
    "(",
    ")",
    "{",
    "}",
    "<",
    ">",
    "<<",
    "EOF",
    "&",
    "|",
    ";",
    "\\",
    "=",
    "#",
    HOLE_MARK,
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join("");
      for (const { words, start, end } of readShell({ text, holes: new Map([[3, expression("x")]]) })) {
        assert.ok(0 <= start && start <= end && end <= text.length);
        for (const word of words) assert.ok(start <= word.start && word.start <= word.end && word.end <= end);
      }
    }),
    tries(2_000),
  );
  for (const part of ["$(", "`", "((", "'\"", "a=(", "<<E\n", "${", "\\\n", "<("]) {
    assert.ok(readShell({ text: part.repeat(50_000), holes: new Map() }).length >= 0);
  }
});
