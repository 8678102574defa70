/** Channels of Slack and Microsoft Teams that are told what the topic is told, and that somebody is asked to approve. */

import { CannotWrite } from "../../../generated.ts";
import { namesIn, ruleName } from "../events.ts";
import { ids } from "../fixed-names.ts";
import type { ChatChannel, Resource } from "../infrastructure.ts";
import type { Settings } from "../options.ts";
import type { LineStages } from "../stages.ts";
import { arnOf, partition, type Text, text } from "../text.ts";

export const chatId = "Chat";
const roleId = "ChatRole";

type Chatting = Pick<Settings, "chat">;

export const isChatting = ({ chat }: Chatting): boolean => chat.length > 0;

/** Where whoever tells people publishes. */
export const toldTopics = (settings: Chatting): Text[] => [
  [arnOf(ids.approvals)],
  ...(isChatting(settings) ? [[arnOf(chatId)]] : []),
];

/** The same for its program. */
export const toldVariables = (settings: Chatting): Record<string, Text> => ({
  TOPIC: [arnOf(ids.approvals)],
  ...(isChatting(settings) && { CHAT: [arnOf(chatId)] }),
});

/** None where no channel is named. `tells`: id of the function of notices. */
export function chatResources({
  delivery,
  settings,
  lines,
  tells,
}: {
  delivery: string;
  settings: Settings;
  lines: readonly LineStages[];
  tells: string;
}): Resource[] {
  if (!isChatting(settings)) return [];
  const asking = lines.filter(({ line }) => line.environments.some(({ approval }) => approval));
  return [
    {
      kind: "topic",
      id: chatId,
      comment: ["What channels are told, in the form that is shown there."],
      name: `${delivery}-pipelines-chat`,
      publishers: [],
    },
    {
      kind: "role",
      id: roleId,
      comment: ["Channels are told, and can do nothing."],
      service: "chatbot.amazonaws.com",
      statements: [],
    },
    ...settings.chat.map(
      (channel, index): ChatChannel => ({
        kind: "chat",
        id: `${chatId}${index + 1}`,
        comment: [],
        name: `${delivery}-pipelines-${index + 1}`,
        channel,
        role: roleId,
        guardrail: text`arn:${partition}:iam::aws:policy/AWSDenyAll`,
        // The alarms are in the topic. One that is there already is told to whom its owner wants.
        topics: [...(settings.existing.topic === undefined ? [ids.approvals] : []), chatId],
      }),
    ),
    ...(asking.length === 0
      ? []
      : [
          {
            kind: "rule" as const,
            id: "TellAsked",
            name: ruleName(delivery, "TellAsked"),
            comment: [],
            description: "Tells channels that somebody is asked to approve",
            pattern: {
              source: ["aws.codepipeline"],
              "detail-type": ["CodePipeline Action Execution State Change"],
              detail: {
                pipeline: namesIn(
                  asking.map(({ line }) => line.name),
                  delivery,
                ),
                type: { category: ["Approval"] },
                state: ["STARTED"],
              },
            },
            target: { kind: "function" as const, id: tells },
          },
        ]),
  ];
}

/** @throws {CannotWrite} for what no channel is told of. */
export function refuseStrangeChat({ chat, home }: Pick<Settings, "chat" | "home">): void {
  const region = home?.region ?? "";
  // The service names roles and topics of the partition `aws` alone.
  if (chat.length > 0 && /^(cn|us-gov|us-iso[a-z]*|eusc|eu-isoe)-/.test(region)) {
    throw new CannotWrite(
      `chat names channels, and Amazon Q Developer in chat applications is not in ${region}`,
      "take chat out of baton.codepipeline.yaml, and subscribe to the topic what tells your channel",
    );
  }
  const seen = new Set<string>();
  for (const one of chat) {
    if (!seen.has(one.channel)) {
      seen.add(one.channel);
      continue;
    }
    throw new CannotWrite(
      `chat names the channel ${one.channel} twice, and a channel has one configuration`,
      "take one of them out of baton.codepipeline.yaml",
    );
  }
}
