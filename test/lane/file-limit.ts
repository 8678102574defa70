/**
 * Loaded before each test file. Node limits the time of a test, not that of a file whose tests have ended while something
 * it started keeps it alive; such a file would keep `npm test` waiting for ever.
 */
const minutes = 20;

setTimeout(() => {
  console.error(`still there after ${minutes} minutes, kept alive by: ${process.getActiveResourcesInfo().join(", ")}`);
  process.exit(1);
}, minutes * 60_000).unref();
