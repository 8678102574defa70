import { postJson } from "./http.ts";
import { type Attempt, need, type Posted } from "./post.ts";
import { type Worded, worded } from "./text.ts";

/** An incoming webhook: blocks for people, `text` for notifications and screen readers. */
export async function postSlack({ to, letter, secrets, signal }: Attempt<"slack">): Promise<Posted> {
  const body = JSON.stringify(slackMessage(worded(letter)));
  return await postJson({ url: need(secrets, to.url), body, signal });
}

function slackMessage({ title, about, because, next, link }: Worded): object {
  const last = link === undefined ? "" : `<${escaped(link)}|See it>`;
  const lines: string[] = [];
  let room = longestText - last.length;
  const add = (before: string, text: string, behind: string) => {
    room -= before.length + behind.length + 1;
    if (room <= 0) return;
    const fitting = escaped(text, room);
    room -= fitting.length;
    lines.push(before + fitting + behind);
  };
  add("*", title, "*");
  for (const text of because) add("> ", text, "");
  if (next !== undefined) add("`", next.command, `\` ${escaped(next.does)}`);
  if (last !== "") lines.push(last);
  return {
    text: escaped(`${title} (${about})`, longestText),
    blocks: [
      { type: "section", text: mrkdwn(lines.join("\n")) },
      { type: "context", elements: [mrkdwn(escaped(about, longestText))] },
    ],
  };
}

/** As it stands: what looks like a link, a channel or a person is none. */
const mrkdwn = (text: string) => ({ type: "mrkdwn", text, verbatim: true });

/** Of a section. */
const longestText = 3000;

/** Nobody is called (`<!channel>`) by what a commit says. Cut so that no character and no escape is cut in two. */
function escaped(text: string, most = Number.POSITIVE_INFINITY): string {
  let all = "";
  for (const char of text.toWellFormed()) {
    const one = escapes.get(char) ?? char;
    if (all.length + one.length > most) break;
    all += one;
  }
  return all;
}

const escapes = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ["`", "ʼ"],
]);
