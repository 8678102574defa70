import { postJson } from "./http.ts";
import { type Attempt, need, type Posted } from "./post.ts";
import { type Worded, worded } from "./text.ts";

/** An incoming webhook: blocks for people, `text` for notifications and screen readers. */
export async function postSlack({ to, letter, secrets, signal }: Attempt<"slack">): Promise<Posted> {
  const body = JSON.stringify(slackMessage(worded(letter)));
  return await postJson({ url: need(secrets, to.url), body, signal });
}

function slackMessage({ title, about, because, next, link }: Worded): object {
  const lines = [
    `*${escaped(title)}*`,
    ...because.map((text) => `> ${escaped(text)}`),
    ...(next === undefined ? [] : [`\`${escaped(next.command)}\` ${escaped(next.does)}`]),
    ...(link === undefined ? [] : [`<${escaped(link)}|See it>`]),
  ];
  return {
    text: escaped(`${title} (${about})`),
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: lines.join("\n").slice(0, longestText) } },
      { type: "context", elements: [{ type: "mrkdwn", text: escaped(about).slice(0, longestText) }] },
    ],
  };
}

/** Of a section. */
const longestText = 3000;

/** Nobody is called (`<!channel>`) by what a commit says. */
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("`", "ʼ");
