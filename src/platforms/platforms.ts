import { codepipeline } from "./codepipeline/codepipeline.ts";
import { github } from "./github/github.ts";
import type { Platform } from "./platform.ts";

/** All there are. The first one takes a lone file that no other knows. */
export const platforms: readonly Platform[] = [github, codepipeline];
