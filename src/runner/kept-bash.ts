import { existsSync } from "node:fs";
import type { Starter } from "./coprocess-spawn.ts";
import { RUNNER_MARK } from "./reap.ts";
import { commandText, fitsCoprocess } from "./shell-text.ts";
import { findShell } from "./step-process.ts";

/**
 * Reads the length of a command and the command, starts it in a process group of its own (that is what `set -m` is for;
 * while it is on, a command that was merely stopped would count as ended), answers with its process number and, when it
 * has ended, with its status and what is left of it: the numbers of the shell's children, or a question mark. Its own variables
 * have names that no environment has, for one that is inherited would reach the command changed.
 */
const BASH_LOOP = `((BASH_VERSINFO[0] >= 5)) || exit 3
while IFS= read -r -N 8 __baton_size && IFS= read -r -N "$__baton_size" __baton_text; do
  set -m
  eval "$__baton_text"
  set +m
  echo $!
  wait $!
  __baton_status=$?
  __baton_left=?
  [ "$1" != reaper ] || read -r __baton_left <"/proc/self/task/$$/children"
  echo "$__baton_status $__baton_left"
done`;

/**
 * Makes the shell a subreaper: whatever a command starts, in whatever session and with whatever environment, is the shell's
 * child once its parents are gone. So a shell without children has left nothing behind, and nobody has to look at all
 * processes of the machine for it. A shell cannot ask for that itself and neither can Node, but perl can, before it becomes
 * the shell.
 */
const BECOME_SUBREAPER = `my $prctl = shift; my $result = syscall($prctl + 0, 36, 1, 0, 0, 0);
exec { $ARGV[0] } @ARGV, $result == 0 ? "reaper" : "none"`;

/** Where a system has its perl, if it has one. One that is found on the path may be a script that looks for another. */
const PERL = "/usr/bin/perl";

/** The number of prctl(2). */
const PRCTL: Partial<Record<NodeJS.Architecture, number>> = {
  x64: 157,
  arm64: 167,
  riscv64: 167,
  ppc64: 171,
  s390x: 172,
};

/** The words in front of those of a shell that make it a subreaper; none where that cannot be had. */
function asSubreaper(env: Record<string, string>): string[] {
  const prctl = PRCTL[process.arch];
  if (process.platform !== "linux" || prctl === undefined || env.PERL5OPT !== undefined || !existsSync(PERL)) return [];
  return [PERL, "-f", "-e", BECOME_SUBREAPER, String(prctl)];
}

/** With this a bash says that it is older than those this was tried with. */
const TOO_OLD = 3;

/** A bash that is kept. `env`: what it and every command begins with. Undefined where there is no bash, or none that fits. */
export function keptBash(env: Record<string, string>): Starter | undefined {
  const bash = findShell("bash", env);
  if (bash === undefined || !Object.keys(env).every((name) => fitsCoprocess(name, "inherited"))) return undefined;
  const [program, ...words] = [...asSubreaper(env), bash, "--noprofile", "--norc", "-c", BASH_LOOP, "bash"];
  const restored = { SHLVL: env.SHLVL, OLDPWD: undefined, [RUNNER_MARK]: undefined };
  return {
    program: program!,
    arguments: words,
    cannotRun: (status) => status === TOO_OLD,
    fits: (command) => Object.keys(command.env).every((name) => fitsCoprocess(name, "added")),
    request: (command, shellPath, script) => commandText({ command, shellPath, script, restored }),
  };
}
