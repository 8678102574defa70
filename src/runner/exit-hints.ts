/** How a step ended and what it printed last. */
export interface StepEnd {
  /** Exit code, not 0. */
  status: number;
  script: string;
  /** The last lines it printed, as the log has them; none when it printed nothing. */
  lines: readonly string[];
}

interface Hint {
  status: readonly number[];
  /** One of the last lines looks like it; its first group is what it is about. */
  says: RegExp;
  /** And the script has it. */
  script?: RegExp;
  means(about: string): string;
}

/**
 * What shells say when a step cannot do what is written there, and what to do about it. A hint needs the exit code and the
 * words, so that none is given for anything else.
 */
const HINTS: readonly Hint[] = [
  {
    status: [126, 127],
    says: /(\S+): (?:cannot execute: required file not found|.*bad interpreter: .*)$/,
    means: (file) =>
      `the program in the first line of '${file}' is not there; Windows line ends do that: save the file with \\n (in .gitattributes: *.sh text eol=lf)`,
  },
  {
    status: [127],
    says: /^(?:\S+: )?(?:line )?\d+: ([^/\s]+): (?:command )?not found$/,
    means: (name) =>
      `'${name}' is not on the PATH: install it, or correct its name; what a job lists in "tools" is looked for before it starts`,
  },
  {
    status: [127],
    says: /(\S*\/\S*): (?:No such file or directory|not found)$/,
    means: (file) =>
      `'${file}' is not there, or the program in its first line is not; a path starts in the step's working directory`,
  },
  {
    status: [126],
    says: /(\S+): Permission denied$/,
    means: (file) => `'${file}' may not be executed: chmod +x it and commit that, or call it as in: sh '${file}'`,
  },
  {
    status: [1],
    says: /(\$BATON_(?:OUTPUT|SERVICE)): ambiguous redirect$/,
    means: (name) => `the path in ${name} has blanks: write >> "${name}", with quotes`,
  },
  {
    status: [1, 2],
    says: /: ([Bb]ad substitution)$/,
    script: /\$\{\{.*\}\}/,
    means: () => `\${{ }} is replaced by GitHub alone: hand the value over as a variable, by the step's "env"`,
  },
];

/** Lines longer than this are not what a shell says. */
const LONGEST = 500;
const LINES = 3;

/** What to do about it, to stand behind the failure's message; undefined when that is not certain. */
export function exitHint({ status, script, lines }: StepEnd): string | undefined {
  for (const line of lines.slice(-LINES).toReversed()) {
    if (line.length > LONGEST) continue;
    for (const { status: of, says, script: has, means } of HINTS) {
      const about = of.includes(status) && has?.test(script) !== false ? says.exec(line)?.[1] : undefined;
      if (about !== undefined) return means(about);
    }
  }
  return status === 1 && lines.length === 0 && READS.test(script)
    ? "nothing can be typed in a job: 'read' finds an empty input and ends with 1; give it a file or a pipe, or use a parameter"
    : undefined;
}

/** A line that asks for input and takes it from nowhere else. */
const READS = /^\s*read(?:\s+(?![^\n]*[<|])[^\n]*)?$/m;
