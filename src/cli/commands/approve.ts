import { answerCommand } from "./answer-approval.ts";

export const { describe, run } = answerCommand("approved");
