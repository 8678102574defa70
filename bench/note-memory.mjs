// Loaded into a measured Baton: leaves the most memory it ever had, in MB, in a file.
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  writeFileSync(process.env.BENCH_MEMORY_FILE, String(process.resourceUsage().maxRSS / 1024));
});
