/** How much is tried. The page docs/testing.md says what people need to know of it. */
const asked = process.env.BATON_TEST_DEPTH ?? "full";

export const isFull = asked !== "fast";
