import assert from "node:assert/strict";
import { test } from "node:test";
import { findVersion, satisfies } from "../../src/model/version-range.ts";

test("finds the version in what programs print", () => {
  const printed: [string, string | undefined][] = [
    ["Terraform v1.9.8\non linux_amd64", "1.9.8"],
    ["aws-cli/2.15.30 Python/3.11.8 Linux/6.1 exe/x86_64", "2.15.30"],
    ["git version 2.39.5", "2.39.5"],
    ["go version go1.22 linux/amd64", "1.22.0"],
    ["v24.21.0", "24.21.0"],
    ["2024", undefined],
    ["", undefined],
  ];
  for (const [text, version] of printed) assert.equal(findVersion(text)?.join("."), version, text);
});

test("reads ranges as semver does", () => {
  const ranges: [range: string, inside: string[], outside: string[]][] = [
    [">=1.5 <2", ["1.5.0", "1.99.9"], ["1.4.9", "2.0.0"]],
    [">= 1.5", ["1.5.0", "9.0.0"], ["1.4.9"]],
    ["^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0"]],
    ["^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2"]],
    ["^0.0.3", ["0.0.3"], ["0.0.4", "0.0.2"]],
    ["^0", ["0.0.0", "0.9.0"], ["1.0.0"]],
    ["~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0", "1.2.2"]],
    ["~1", ["1.0.0", "1.9.0"], ["2.0.0"]],
    ["1.x", ["1.0.0", "1.9.9"], ["2.0.0", "0.9.0"]],
    ["1.2", ["1.2.0", "1.2.7"], ["1.3.0"]],
    ["=1.2.3", ["1.2.3"], ["1.2.4"]],
    [">1", ["2.0.0"], ["1.9.9", "1.0.0"]],
    [">1.2.3", ["1.2.4"], ["1.2.3"]],
    ["<=1.2", ["1.2.9", "0.1.0"], ["1.3.0"]],
    ["1.2 - 2.3", ["1.2.0", "2.3.9"], ["1.1.9", "2.4.0"]],
    ["16 || >=18.2", ["16.4.0", "18.2.0", "20.0.0"], ["17.0.0", "18.1.0"]],
    ["*", ["0.0.0", "9.9.9"], []],
  ];
  for (const [range, inside, outside] of ranges) {
    for (const version of inside) assert.equal(satisfies(findVersion(version)!, range), true, `${version} in ${range}`);
    for (const version of outside)
      assert.equal(satisfies(findVersion(version)!, range), false, `${version} not in ${range}`);
  }
  for (const range of ["latest", ">=a", "1.2.3.4", "1 -"]) assert.equal(satisfies([1, 0, 0], range), undefined, range);
});
