import { stripVTControlCharacters } from "node:util";
import { describeCommits } from "../../git/log.ts";
import type { Delivery } from "../../model/delivery.ts";
import { secretsOfAddress } from "../../model/notice-address.ts";
import type { Letter } from "../../notify/channels/post.ts";
import { Ledger } from "../../notify/ledger.ts";
import type { Notice } from "../../notify/messages/notice.ts";
import { Outbox, type ReadJournal } from "../../notify/outbox.ts";
import type { Teller, TellerOptions } from "../../notify/teller.ts";
import { openRunLogs } from "../../runner/log-reader.ts";
import type { Place } from "../project.ts";
import { readSecrets, type Secrets } from "../request/secrets.ts";

/** How long a command stays for people to be told, when what it was given is done. */
const lastWordsMs = 5_000;
/** What a commit is called is worth no more of waiting. */
const gitMs = 5_000;

export interface TellingFrom {
  secretsFile?: string | undefined;
  /** Where people look on: `https://baton.example.com`. */
  publicUrl?: URL | undefined;
}

/** Tells people until it is stopped. */
export async function tellFrom(place: Place, { secretsFile, publicUrl }: TellingFrom): Promise<Teller> {
  const { startTeller } = await import("../../notify/teller.ts");
  return startTeller(tellerOptions(place, { secrets: readSecrets(place.caller, secretsFile), publicUrl }));
}

/** Names of the secrets with which people are told now, whichever run does it: what any job is kept from. */
export function secretsOfNotices(stateFolder: string, journal: ReadJournal): Set<string> {
  const outbox = new Outbox(journal);
  return new Set([...outbox.addresses(targetsOf(stateFolder))].flatMap((to) => Object.values(secretsOfAddress(to))));
}

/** A ledger that cannot be read keeps nothing from running: nobody is told by it either. */
function targetsOf(stateFolder: string): string[] {
  if (!Ledger.exists(stateFolder)) return [];
  try {
    using ledger = Ledger.open(stateFolder);
    return ledger.targets().map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Beside a run, where anybody is to be told. Whoever asks for days tells of everything already. */
export async function tellBeside(
  place: Place,
  { secrets, delivery }: { secrets: Secrets; delivery: Delivery },
): Promise<(() => Promise<void>) | undefined> {
  const { stateFolder } = place.project;
  const isAnybodyTold = delivery.notices !== undefined || Ledger.exists(stateFolder);
  if (place.caller.isLasting || !isAnybodyTold) return undefined;
  const { startTeller } = await import("../../notify/teller.ts");
  const teller = startTeller(tellerOptions(place, { secrets }));
  return () => teller.stop({ withinMs: lastWordsMs });
}

/** What was just done beside everybody who runs something. */
export async function tellNow(place: Place): Promise<void> {
  if (place.caller.isLasting || !Ledger.exists(place.project.stateFolder)) return;
  const teller = await tellFrom(place, {});
  await teller.stop({ withinMs: lastWordsMs });
}

export function tellerOptions(
  { project, caller }: Place,
  { secrets, publicUrl = urlIn(caller.env.BATON_PUBLIC_URL) }: { secrets: Secrets; publicUrl?: URL | undefined },
): TellerOptions {
  const { stateFolder, repository } = project;
  return {
    stateFolder,
    secrets,
    async details(notice: Notice): Promise<Omit<Letter, "id" | "notice">> {
      const line = notice.failed && failingLine(stateFolder, notice.failed);
      const commit = repository === undefined || notice.commit === undefined ? undefined : notice.commit;
      const [found] =
        commit === undefined ? [] : (await describeCommits(repository!, [commit], { limitMs: gitMs })).values();
      const link = linkTo(notice, publicUrl);
      return {
        ...(line !== undefined && { line }),
        ...(found && { commit: { author: found.author, subject: found.subject } }),
        ...(link !== undefined && { link }),
      };
    },
  };
}

const urlIn = (text: string | undefined) => (text === undefined ? undefined : (URL.parse(text) ?? undefined));

function linkTo({ run }: Notice, publicUrl: URL | undefined): string | undefined {
  if (publicUrl === undefined) return undefined;
  return new URL(run === undefined ? "." : `runs/${encodeURIComponent(run)}`, publicUrl).href;
}

/** Lines of a log that are looked through; of a longer one nobody reads a single line. */
const mostLines = 20_000;
const looksWrong = /\b(error|fatal|fail(?:ed|ure)?|panic|exception|denied|refused|not found|cannot|unable)\b/i;

/** The first line of the step that failed which looks like the reason; where none does, the last one. */
function failingLine(
  stateFolder: string,
  { run, job, attempt, step }: NonNullable<Notice["failed"]>,
): string | undefined {
  let last: string | undefined;
  let count = 0;
  for (const line of openRunLogs(stateFolder, run).follow({ run, job, attempt }).read()) {
    if (count++ > mostLines) break;
    const text = stripVTControlCharacters(line.text).trim();
    if (text === "" || (step !== undefined && line.step !== step)) continue;
    if (looksWrong.test(text)) return text;
    last = text;
  }
  return last;
}
