import type { ScriptPart, ScriptText } from "../../../../shell/script-text.ts";
import type { Template } from "../../workflow.ts";

/** A template as a script: GitHub fills in its expressions before a shell sees it. */
export function scriptText({ raw, parts, at }: Template): ScriptText {
  let from = 0;
  const pieces = parts.map((part): ScriptPart => {
    if (part.kind === "text") {
      from += part.text.length;
      return part;
    }
    const { text } = part.expression;
    const close = raw.indexOf("}}", from + 3 + text.length);
    const length = (close < 0 ? raw.length : close + 2) - from;
    from += length;
    return { kind: "hole", hole: { kind: "expression", text }, length };
  });
  return { raw, parts: pieces, at };
}
