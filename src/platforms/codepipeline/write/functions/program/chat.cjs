// @ts-check
"use strict";
/**
 * Tells channels of Slack and Teams what the topic is told. Amazon Q Developer in chat applications shows messages of its own form
 * there and no others, so they have a topic for themselves.
 *
 * @typedef {(name: string, input: any) => Promise<any>} Send A command of a client, by its name without "Command".
 */

/**
 * A client of SNS that publishes twice. With an empty `TopicArn` it is for the channels alone.
 *
 * @param {Send} sns
 * @param {string} topic Of the channels.
 * @returns {Send}
 */
const told = (sns, topic) => async (name, input) => {
  if (input.TopicArn !== "") await sns(name, input);
  return sns(name, { TopicArn: topic, Message: JSON.stringify(messageOf(input)) });
};

/** Source: the custom notifications of Amazon Q Developer in chat applications, version 1.0. */
function messageOf(/** @type {{ Subject: string, Message: string }} */ { Subject, Message }) {
  const run = /\/executions\/([\w-]+)/.exec(Message)?.[1];
  return {
    version: "1.0",
    source: "custom",
    content: {
      textType: "client-markdown",
      title: shortened(plain(Subject), 250),
      description: shortened(plain(Message), 8000),
    },
    // What is told of one run is one thread.
    metadata: { summary: Subject.slice(0, 250), ...(run && { threadId: run }) },
  };
}

/** A commit's message calls nobody: `<!channel>` would. */
const plain = (/** @type {string} */ text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The beginning and the end, where the links are; neither cuts a character or an escape in two. */
function shortened(/** @type {string} */ text, /** @type {number} */ most) {
  if (text.length <= most) return text;
  const end = Math.floor(most / 4);
  const head = text.slice(0, most - end - 3).replace(/&[a-z]*$|[\ud800-\udbff]$/, "");
  const tail = text.slice(-end).replace(/^[a-z]*;|^[\udc00-\udfff]/, "");
  return `${head}\n…\n${tail}`;
}

exports.told = told;
