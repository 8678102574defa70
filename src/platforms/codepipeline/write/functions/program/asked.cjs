// @ts-check
"use strict";
/**
 * The function of notices where channels are told as well: also that somebody is asked to approve. CodePipeline itself tells the topic that.
 *
 * @typedef {Parameters<typeof import("./notices.cjs").handlerOf>} Given
 */
const notices = require("./notices.cjs");

/**
 * @param {Given[0]} clients
 * @param {Given[1]} settings
 */
function handlerOf(clients, settings) {
  const ended = notices.handlerOf(clients, settings);
  const asked = notices.handlerOf(clients, { ...settings, topic: "" });
  return async (/** @type {any} */ event) => {
    const { detail } = event;
    if (detail.type?.category !== "Approval") return ended(event);
    return asked({ ...event, detail: { ...detail, state: `waits for an answer in ${detail.stage}` } });
  };
}

exports.handlerOf = handlerOf;
