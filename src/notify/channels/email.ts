import { type Attempt, cut, need, networkWords, type Posted, shortened } from "./post.ts";
import { worded } from "./text.ts";

/** A text in a mail. One letter has one Message-ID, however often it is sent: servers and readers then show it once. */
export async function postEmail({ to, letter, secrets, signal }: Attempt<"email">): Promise<Posted> {
  const server = need(secrets, to.server);
  const address = URL.parse(server);
  if (!/^smtps?:$/.test(address?.protocol ?? ""))
    return { kind: "failed", because: "the server is no smtp:// address" };
  const { createTransport } = await import("nodemailer");
  const { title, about, because, next, link } = worded(letter);
  const lines = [
    title,
    about,
    "",
    ...because,
    ...(next === undefined ? [] : ["", `${next.command}  ${next.does}`]),
    ...(link === undefined ? [] : ["", link]),
  ];
  const transport = createTransport({ url: server, disableFileAccess: true, disableUrlAccess: true, ...timeouts });
  const hidden = [server, address?.password ?? "", decodeURIComponent(address?.password ?? "")];
  try {
    const { rejected, rejectedErrors } = await transport.sendMail({
      from: to.from,
      to: to.to,
      subject: cut(`[${letter.notice.delivery}] ${title}`, 200),
      text: `${lines.join("\n")}\n`.toWellFormed(),
      messageId: `<${letter.id}@baton>`,
      date: new Date(letter.notice.at),
      headers: { "Auto-Submitted": "auto-generated" },
      signal,
    });
    if (rejected.length === 0) return { kind: "taken" };
    // Tried again, it would get to the others each time: it is listed.
    const said = rejectedErrors?.[0]?.response ?? "";
    return { kind: "refused", because: shortened(`not taken for ${rejected.join(", ")}: ${said}`, hidden) };
  } catch (error) {
    if (signal.aborted) return { kind: "failed", because: "no answer in time" };
    return outcomeOf(error as SendError);
  } finally {
    transport.close();
  }

  function outcomeOf({ responseCode, code, response, message }: SendError): Posted {
    // Its own codes hide that of the network, which stands in the message.
    const [network = ""] = /\bE[A-Z_]{4,}\b/.exec(message) ?? [];
    const because = shortened(response ?? networkWords(network) ?? code ?? message, hidden);
    // Of the letter itself, when it was there: too large, or the transaction failed. Before, it is of who sends or gets it.
    if (code === "EMESSAGE" && (responseCode === 552 || responseCode === 554)) return { kind: "refused", because };
    return { kind: "failed", because };
  }
}

type SendError = Error & { responseCode?: number; code?: string; response?: string };

/** Milliseconds, of a server that is there and says nothing. */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 60_000, dnsTimeout: 10_000 };
