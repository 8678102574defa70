import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../src/assets/api.js";

/** Answers as the site and the API of an environment do, and writes down what it was asked for. */
function network(answers) {
  const asked = [];
  const get = async (address, options) => {
    asked.push(String(address));
    const [status, body] = answers(String(address), options);
    return new Response(JSON.stringify(body), { status });
  };
  return { asked, get };
}

const config = [200, { apiUrl: "https://api.example.com/v1/" }];

test("the address of the API is the environment's", async () => {
  const { asked, get } = network((address) => (address === "/config.json" ? config : [200, []]));
  assert.deepEqual(await (await connect(get)).products(), []);
  assert.deepEqual(asked, ["/config.json", "https://api.example.com/v1/products"]);
});

test("what the API refuses is said in its words", async () => {
  const { get } = network((address) => (address === "/config.json" ? config : [409, { error: "sold out" }]));
  await assert.rejects((await connect(get)).products(), { message: "sold out" });
});
