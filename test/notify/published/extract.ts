/**
 * Cuts out of published descriptions what the tests hold messages against, without their prose:
 *
 *     git clone --depth 1 --branch v0.5.1 https://github.com/cdevents/spec
 *     git clone --depth 1 --branch v1.9.0 https://github.com/open-telemetry/opentelemetry-proto
 *     node test/notify/published/extract.ts spec opentelemetry-proto
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";

const [cdevents, opentelemetry] = process.argv.slice(2) as [string, string];

const used = ["pipelinerunstarted", "pipelinerunfinished", "taskrunfinished", "servicedeployed", "servicerolledback"];
const links = readdirSync(join(cdevents, "schemas/links")).map((name) => `schemas/links/${name}`);
const files = [...used.map((name) => `schemas/${name}.json`), "custom/schema.json", ...links];
const schemas = files.map((file) => JSON.parse(readFileSync(join(cdevents, file), "utf8")));
keep("cdevents", { from: "https://github.com/cdevents/spec v0.5.1, Apache-2.0", schemas });

const root = new protobuf.Root();
root.resolvePath = (_, target) => join(opentelemetry, target);
await root.load(["trace", "metrics"].map((kind) => `opentelemetry/proto/collector/${kind}/v1/${kind}_service.proto`));
keep("otlp", {
  from: "https://github.com/open-telemetry/opentelemetry-proto v1.9.0, Apache-2.0",
  description: root.toJSON({ keepComments: false }),
});

function keep(name: string, value: object): void {
  writeFileSync(new URL(`generated/${name}.json`, import.meta.url), `${JSON.stringify(value)}\n`);
}
