import { test } from "node:test";
import { seed, times } from "../../../../lane/depth.ts";
import { examine } from "./examine.ts";
import { mutate, seeded } from "./mutate.ts";
import { seeds } from "./seeds.ts";

/** A failure names the number of the input, which alone is read again when it is given as the seed. */
const count = seed === undefined ? times(1_000) : 1;
const from = seed ?? 0;

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
      throw new Error(`input ${number} (BATON_TEST_SEED=${number})`, { cause: error });
    }
  }
});

test("the undamaged ones have no problems", () => {
  const repository = examine(new Map(Object.entries(seeds)));
  if (repository.problems.length > 0) throw new Error(JSON.stringify(repository.problems, undefined, 2));
});
