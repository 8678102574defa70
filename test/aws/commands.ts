/** Commands of AWS's SDK for Node, answered by the emulator: what a function of Lambda is loaded with. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Emulator } from "./emulator.ts";

const execute = promisify(execFile);
const codepipelineTimes = new Set(["startTime", "lastUpdateTime", "lastStatusChange"]);

/** Of CodePipeline over its own protocol; of SNS and others by the AWS CLI, whose protocol is theirs. */
export async function answered(emulator: Emulator, command: string, input: object): Promise<unknown> {
  if (command === "Publish") {
    const asked = ["sns", "publish", "--cli-input-json", JSON.stringify(input)];
    const { stdout } = await execute("aws", asked, { env: emulator.env });
    return JSON.parse(stdout);
  }
  const response = await fetch(emulator.endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `CodePipeline_20150709.${command}`,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${emulator.env.AWS_REGION}/codepipeline/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (!response.ok) {
    const { __type, message } = JSON.parse(text) as { __type: string; message: string };
    throw Object.assign(new Error(message), { name: __type });
  }
  return JSON.parse(text, (key, value) =>
    codepipelineTimes.has(key) && typeof value === "number" ? new Date(value * 1000) : value,
  );
}
