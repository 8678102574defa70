import { postJson } from "./http.ts";
import { type Attempt, need, type Posted } from "./post.ts";
import { type Worded, worded } from "./text.ts";

/** A workflow that takes webhooks: a message with one Adaptive Card. */
export async function postTeams({ to, letter, secrets, signal }: Attempt<"teams">): Promise<Posted> {
  const body = JSON.stringify(teamsMessage(worded(letter)));
  return await postJson({ url: need(secrets, to.url), body, signal });
}

function teamsMessage({ title, about, because, next, link }: Worded): object {
  const text = (content: string, more: object = {}) => ({ type: "TextBlock", text: content, wrap: true, ...more });
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          msteams: { width: "Full" },
          body: [
            text(escaped(title), { weight: "Bolder", size: "Medium" }),
            text(escaped(about), { isSubtle: true, spacing: "None" }),
            ...because.map((line) => text(escaped(line))),
            ...(next === undefined ? [] : [text(escaped(`${next.command}  ${next.does}`), { fontType: "Monospace" })]),
          ],
          ...(link !== undefined && { actions: [{ type: "Action.OpenUrl", title: "See it", url: link }] }),
        },
      },
    ],
  };
}

/** Cards read a little Markdown: what others wrote makes no links and no emphasis. */
const escaped = (text: string): string => text.replaceAll(/[\\[\]*_]/g, String.raw`\$&`);
