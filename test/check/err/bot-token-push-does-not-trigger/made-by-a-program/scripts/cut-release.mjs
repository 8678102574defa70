import { readFileSync } from "node:fs";
import { Octokit } from "@octokit/rest";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const octokit = new Octokit({ auth: process.env.GITHUB_TOKEN });
await octokit.rest.repos.createRelease({ owner: "example", repo: "x", tag_name: `v${version}` });
