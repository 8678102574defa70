import { fileURLToPath } from "node:url";
import { reportProblem } from "./report-problem.ts";
import { openTerminal } from "./terminal/terminal.ts";

process.on("uncaughtException", (error) => process.exit(reportProblem(error, process.argv.slice(2))));
void start();

async function start(): Promise<void> {
  let code: number;
  try {
    const terminal = openTerminal(fileURLToPath(import.meta.url));
    const { main } = await import("./program.ts");
    code = await main(process.argv.slice(2), terminal);
  } catch (error) {
    code = reportProblem(error, process.argv.slice(2));
  }
  await drained(process.stdout);
  process.exit(code);
}

/** Output to a pipe may still be on its way. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve();
    else stream.write("", () => resolve());
  });
}
