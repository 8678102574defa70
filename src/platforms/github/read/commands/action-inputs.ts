import type { Access, Key, TokenUse } from "../../../../facts/access.ts";
import type { Place } from "../../../../findings/source.ts";
import { keyText, textKey } from "../../../../shell/words.ts";
import type { UsesStep } from "../../workflow.ts";
import { entryValue } from "../fields.ts";
import type { StepSetting } from "./step-setting.ts";
import { keyOfTemplate, tokenOf } from "./tokens.ts";

/** One use of an action, with its inputs. */
export class ActionCall {
  /** Lower case, without the version. */
  readonly name: string;
  readonly version: string;
  readonly step: UsesStep;
  readonly setting: StepSetting;

  constructor(step: UsesStep, setting: StepSetting) {
    this.step = step;
    this.setting = setting;
    this.name = step.uses.kind === "action" ? step.uses.name : "";
    this.version = step.uses.kind === "action" ? step.uses.ref : "";
  }

  get at(): Place {
    return this.step.uses.at;
  }

  /** The value of the first of these inputs that is given and not empty; `input=default`, `a|b` and `=text` as in tables. */
  input(...names: readonly string[]): Key | undefined {
    for (const name of names) {
      const [inputs, fallback] = cut(name, "=");
      for (const input of inputs.split("|")) {
        const given = input && entryValue(this.step.with, input);
        if (given && given.raw !== "") return keyOfTemplate(given);
      }
      if (fallback !== undefined) return textKey(fallback);
    }
    return undefined;
  }

  text(name: string): string | undefined {
    return keyText(this.input(name));
  }

  /** An input or variable of that name: some actions take settings from their environment. */
  anywhere(name: string): Key | undefined {
    const variable = entryValue(this.step.env, name);
    return this.input(name) ?? (variable && keyOfTemplate(variable));
  }

  /** Whose token the action uses, given the inputs and variables that may hold one. */
  token(names: readonly string[]): TokenUse {
    for (const name of names) {
      const given = this.input(name);
      if (given) return tokenOf(given, this.setting.variables);
      const variable = this.setting.variables(name);
      if (variable) return tokenOf(keyOfTemplate(variable), this.setting.variables);
    }
    return { kind: "default" };
  }
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** What an action does, or undefined where the reader does not know it. */
export type ActionReader = (call: ActionCall) => readonly Access[] | undefined;
