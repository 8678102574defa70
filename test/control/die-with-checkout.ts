/**
 * A run with one job, which writes into its checkout, that is killed while it takes a checkout of an earlier run or gives its own
 * to a later one: before the call of the file system with this number, where those that take their time are two, and the second
 * is halfway. `in-place`: a wrong way of giving.
 *
 *     node die-with-checkout.ts STATE_FOLDER ROOT COMMIT RUN CALL honest|in-place
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, join } from "node:path";
import type { LeftCheckout } from "../../src/git/checkout.ts";

const [stateFolder, root, commit, run, number, give] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  ...string[],
];
let isCounted = false;
let call = 0;

/** Dies when its turn has come. */
function maybeDie(): void {
  if (isCounted && ++call === Number(number)) process.kill(process.pid, "SIGKILL");
}

for (const name of ["mkdirSync", "renameSync", "rmSync", "writeFileSync"] as const) {
  const real = fs[name] as (...args: unknown[]) => unknown;
  const counting = (...args: unknown[]) => {
    maybeDie();
    if (isCounted && call + 1 === Number(number)) {
      if (name === "writeFileSync") real(args[0], String(args[1]).slice(0, 40));
      if (name === "rmSync") {
        const [some] = fs.readdirSync(String(args[0]));
        if (some !== undefined) real(join(String(args[0]), some), { recursive: true });
      }
    }
    if (name === "writeFileSync" || name === "rmSync") maybeDie();
    return real(...args);
  };
  Object.assign(fs, { [name]: counting });
}
syncBuiltinESMExports();

const { Checkouts } = await import("../../src/control/local/checkouts.ts");
const { SpareCheckouts } = await import("../../src/control/local/spare-checkouts.ts");
const { savedIndex } = await import("../../src/git/checkout.ts");

const { prototype } = SpareCheckouts;
if (give === "in-place") {
  prototype.give = (folder: string, left: LeftCheckout) => {
    const place = join(stateFolder, "spare", `${basename(dirname(folder))}.${basename(folder)}`);
    fs.mkdirSync(place, { recursive: true });
    fs.writeFileSync(join(place, "left.json"), JSON.stringify(left));
    fs.renameSync(savedIndex(folder), join(place, "index"));
    fs.renameSync(folder, join(place, "files"));
  };
}
for (const name of ["take", "give"] as const) {
  const real = prototype[name] as (...args: unknown[]) => unknown;
  Object.assign(prototype, {
    [name](...args: unknown[]) {
      isCounted = true;
      try {
        return real.apply(this, args);
      } finally {
        isCounted = false;
      }
    },
  });
}

const checkouts = new Checkouts(stateFolder);
const source = { kind: "commit", root, commit, head: commit, branch: "main", prefix: "", uncommitted: [] } as const;
checkouts.prepare(run, { source: { ...source, uncommitted: [] }, inPlace: false });
const attempt = { run, job: "web.build", attempt: 1 };
await checkouts.layOut(attempt);
const folder = checkouts.directoryOf(attempt);
fs.writeFileSync(join(folder, "of-this-run"), run);
fs.appendFileSync(join(folder, "dir/b"), run);
await checkouts.clear(attempt);
await checkouts.leave(run);
console.log(`lived through ${call} calls`);
