import { type Attempt, cut, type Letter, networkWords, type Posted, shortened, Unable } from "./post.ts";
import { worded } from "./text.ts";
import { payloadOf } from "./webhook.ts";

/**
 * A message to a topic: text for people, and the JSON of a webhook for programs (SQS, Lambda, HTTP). Who publishes is whoever the AWS
 * SDK finds: environment, profile, role of the machine.
 */
export async function postSns({ to, letter, signal }: Attempt<"sns">): Promise<Posted> {
  const { SNSClient, PublishCommand } = await installed("@aws-sdk/client-sns", () => import("@aws-sdk/client-sns"));
  const { notice, id } = letter;
  const forPrograms = JSON.stringify({ id, ...payloadOf(letter) });
  const message = { default: textOf(letter), sms: cut(notice.title, 140), ...machines(forPrograms) };
  const { environments } = notice;
  const client = new SNSClient({ region: regionOf(to.topic), ...sdkOptions });
  try {
    const command = new PublishCommand({
      TopicArn: to.topic,
      Subject: subjectOf(`[${notice.delivery}] ${notice.title}`),
      Message: JSON.stringify(message),
      MessageStructure: "json",
      MessageAttributes: {
        type: attribute(notice.kind),
        delivery: attribute(notice.delivery),
        ...(environments.length > 0 && {
          environments: { DataType: "String.Array", StringValue: JSON.stringify(environments) },
        }),
      },
      // In order, and one that is sent twice within five minutes is delivered once.
      ...(to.topic.endsWith(".fifo") && { MessageGroupId: notice.delivery, MessageDeduplicationId: id }),
    });
    await client.send(command, { abortSignal: signal });
    return { kind: "taken" };
  } catch (error) {
    return outcomeOf(error, signal);
  } finally {
    client.destroy();
  }
}

/** An event of the source `baton`, whose type is the kind of the notice, and whose detail is the JSON of a webhook. */
export async function postEventBridge({ to, letter, signal }: Attempt<"eventbridge">): Promise<Posted> {
  const { EventBridgeClient, PutEventsCommand } = await installed(
    "@aws-sdk/client-eventbridge",
    () => import("@aws-sdk/client-eventbridge"),
  );
  const { notice, id } = letter;
  const event = {
    EventBusName: to.bus,
    Source: "baton",
    DetailType: notice.kind,
    Time: new Date(notice.at),
    Detail: JSON.stringify({ id, ...payloadOf(letter) }),
  };
  const client = new EventBridgeClient({ region: regionOf(to.bus), ...sdkOptions });
  try {
    const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: [event] }), { abortSignal: signal });
    const failed = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
    if (failed === undefined) return { kind: "taken" };
    const because = shortened(`${failed.ErrorCode}: ${failed.ErrorMessage ?? ""}`, []);
    return { kind: isWrongMessage(failed.ErrorCode!) ? "refused" : "failed", because };
  } catch (error) {
    return outcomeOf(error, signal);
  } finally {
    client.destroy();
  }
}

/** Who tries again, and when, is the ledger's business. */
const sdkOptions = { maxAttempts: 1 } as const;

const isWrongMessage = (code: string): boolean => /^(?:MalformedDetail|Invalid(?:Argument|Parameter))/.test(code);

function outcomeOf(error: unknown, signal: AbortSignal): Posted {
  if (signal.aborted) return { kind: "failed", because: "no answer in time" };
  const { name, message, code, $metadata: { httpStatusCode: status } = {} } = error as FailedRequest;
  if (name === "CredentialsProviderError") throw new Unable("the AWS SDK finds no credentials here");
  // Of an answer without words the SDK knows the code alone.
  const wordless = name === "Unknown" && status !== undefined ? `HTTP ${status}` : undefined;
  const because = wordless ?? networkWords(code ?? name) ?? shortened(`${name}: ${message}`, []);
  const isTooLarge = status === 413 || (name === "ValidationException" && /over the limit/.test(message));
  return { kind: isTooLarge || isWrongMessage(name) ? "refused" : "failed", because };
}

type FailedRequest = NodeJS.ErrnoException & { $metadata?: { httpStatusCode?: number } };

/** Installed by those who use it: together they weigh four times as much as Baton. */
async function installed<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Unable(`${name} is not installed beside baton-cd: npm install ${name}, or npm install --global ${name}`);
  }
}

const regionOf = (arn: string): string => arn.split(":")[3] ?? "";

const attribute = (text: string) => ({ DataType: "String", StringValue: text });

const machines = (json: string) => Object.fromEntries(["http", "https", "lambda", "sqs"].map((kind) => [kind, json]));

/** Less than 100 characters of ASCII, as mails have it. */
const subjectOf = (text: string): string => cut(text.replaceAll(/[^\x20-\x7e]/g, "?"), 99);

function textOf(letter: Letter): string {
  const { title, about, because, next, link } = worded(letter);
  const lines = [title, about, ...because];
  if (next !== undefined) lines.push(`${next.command}  ${next.does}`);
  if (link !== undefined) lines.push(link);
  return lines.join("\n").toWellFormed();
}
