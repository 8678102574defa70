/** Every pair of colours that stands on a page, in both themes: text at least 4.5 to 1, edges and the focus 3 to 1. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const tokens = readFileSync(new URL("../../src/web/style/tokens.css", import.meta.url), "utf8");
const colours = new Map(
  Array.from(tokens.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g), ([, name, light, dark]) => [
    name!,
    { light: light!, dark: dark! },
  ]),
);

const states = ["waiting", "blocked", "asking", "running", "passed", "failed", "cancelled", "skipped"];
const surfaces = ["page", "surface", "sunken", "hover"];

const text: [string, string][] = [
  ...states.flatMap((state) =>
    [...surfaces, "accent-fill", `${state}-fill`].map((on): [string, string] => [state, on]),
  ),
  ...["text", "muted", "accent"].flatMap((name) => surfaces.map((on): [string, string] => [name, on])),
  ...["faint"].flatMap((name) => surfaces.map((on): [string, string] => [name, on])),
  ["text", "accent-fill"],
  ["muted", "accent-fill"],
  ["faint", "accent-fill"],
  ["text", "failed-fill"],
  ["on-accent", "accent"],
  ...[...colours.keys()]
    .filter((name) => name.startsWith("ansi-"))
    .flatMap((name) => ["surface", "accent-fill", "hover"].map((on): [string, string] => [name, on])),
];

/** WCAG 2.2: relative luminance of sRGB. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

function tooFaint(pairs: readonly [string, string][], least: number): string[] {
  return pairs.flatMap(([name, on]) =>
    (["light", "dark"] as const).flatMap((theme) => {
      const [front, back] = [colours.get(name), colours.get(on)];
      assert.ok(front && back, `${name} or ${on} is no token`);
      const found = contrast(front[theme], back[theme]);
      return found >= least ? [] : [`${name} on ${on}, ${theme}: ${found.toFixed(2)}`];
    }),
  );
}

test("contrast is computed as the standard has it", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
});

test("all text can be read in both themes", () => {
  assert.ok(colours.size > 30, "the tokens are written otherwise by now");
  assert.deepEqual(tooFaint(text, 4.5), []);
});

test("the focus can be seen", () => {
  assert.deepEqual(
    tooFaint(
      surfaces.map((on) => ["accent", on]),
      3,
    ),
    [],
  );
});
