/** A server looks for drift by itself: when it is time, once, whoever looked last; and the board shows what was found. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/control/connect.ts";
import { answered } from "../../src/control/control.ts";
import { DriftLooks } from "../../src/server/drift-looks.ts";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";

const drift =
  '[ -e "$WORLD" ] || exit 3; [ "$(cat "$WORLD")" = "$(cat page)" ] || { echo "somebody was here"; exit 2; }';
const definition = `name: shop
environments:
  dev: { branch: main, windows: { from: "00:00", to: "24:00", zone: UTC } }
  prod: { after: dev, windows: { days: DAY, from: "00:00", to: "12:00", zone: UTC } }
pipelines:
  web:
    jobs:
      deploy: { deploys: true, drift: ${JSON.stringify(drift)}, env: { WORLD: { secret: WORLD } }, steps: ['cp page "$WORLD"'] }
`;

const hour = 3_600_000;
/** Not today, nor what becomes today soon. */
const otherDay = () => ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][(new Date().getUTCDay() + 3) % 7]!;

test(
  "a server looks when it is time, and a second one not again; the board shows it, and the windows",
  fullDepth(),
  async (t) => {
    const text = definition.replace("DAY", otherDay());
    const box = sandbox(t, { files: { "baton.yaml": text, ".gitignore": ".baton\nworld\n", page: "one\n" } });
    box.env.WORLD = `${box.root}/world`;
    const ran = await box.baton("run", "--to", "dev");
    assert.equal(ran.code, 0, ran.stderr);
    const host = answered(
      await connect({ cwd: box.root, env: box.env, entry: "", say: () => {}, isLasting: true }, {}),
    );
    const clock = { now: Date.now() };
    const said: unknown[] = [];
    const options = { host, everyMs: 6 * hour, secretsFile: undefined, report: (error: unknown) => said.push(error) };
    const looks = () => new DriftLooks({ ...options, now: () => clock.now });
    const kept = async () => {
      const { stdout } = await box.baton("audit", "--json");
      return [...stdout.matchAll(/drift/g)].length;
    };
    const board = async () => answered(await host.board({})).environments;
    assert.equal((await board())[0]!.drift, undefined, "nobody has looked");

    const first = looks();
    await first.look();
    const [dev, prod] = await board();
    assert.equal(dev!.drift?.found, "same", JSON.stringify(said));
    assert.equal(prod!.drift, undefined, "nothing is there");
    assert.equal(dev!.window?.isOpen, true);
    assert.ok(prod!.window?.isOpen === false && prod!.window.opensAt! > Date.now());
    const once = await kept();

    box.write({ world: "somebody else\n" });
    await first.look();
    await looks().look();
    assert.equal(await kept(), once, "it is not time, also for a server that has just started");

    clock.now += 6 * hour;
    await first.look();
    const { drift: found } = (await board())[0]!;
    assert.deepEqual(found?.jobs, [
      { job: "web.deploy@dev", release: 1, found: "differs", said: ["somebody was here"] },
    ]);
    assert.deepEqual(said, []);

    // What is deployed anew is not what somebody looked at.
    const again = await box.baton("run", "--env", "dev", "--force");
    assert.equal(again.code, 0, again.stderr);
    assert.equal((await board())[0]!.drift, undefined);
  },
);
