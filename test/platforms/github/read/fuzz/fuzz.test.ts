import { test } from "node:test";
import { examine } from "./examine.ts";
import { mutate, seeded } from "./mutate.ts";
import { seeds } from "./seeds.ts";

/** `BATON_FUZZ=100000` for a long run; `BATON_FUZZ_FROM=n` begins with input n. A failure names the input's number. */
const count = Number(process.env.BATON_FUZZ ?? 2_000);
const from = Number(process.env.BATON_FUZZ_FROM ?? 0);

const paths = Object.keys(seeds);
const texts = Object.values(seeds);

/** One or two of the files damaged, in one case of four among the others. */
function inputFiles(number: number): ReadonlyMap<string, string | Uint8Array> {
  const random = seeded(number);
  const files = new Map<string, string | Uint8Array>(random(4) === 0 ? Object.entries(seeds) : []);
  for (let n = 1 + random(2); n > 0; n--) {
    const path = paths[random(paths.length)]!;
    files.set(path, mutate(seeds[path]!, random, texts));
  }
  return files;
}

test(`${count} damaged repositories are read`, () => {
  for (let number = from; number < from + count; number++) {
    const files = inputFiles(number);
    try {
      examine(files);
    } catch (error) {
      throw new Error(`input ${number} (BATON_FUZZ_FROM=${number} BATON_FUZZ=1)`, { cause: error });
    }
  }
});

test("the undamaged ones have no problems", () => {
  const repository = examine(new Map(Object.entries(seeds)));
  if (repository.problems.length > 0) throw new Error(JSON.stringify(repository.problems, undefined, 2));
});
