import { type Attempt, need, type Posted, shortened } from "./post.ts";
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
  const over = Promise.withResolvers<Posted>();
  const stop = () => over.resolve({ kind: "failed", because: "no answer in time" });
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const sending = transport
    .sendMail({
      from: to.from,
      to: to.to,
      subject: `[${letter.notice.delivery}] ${title}`.slice(0, 200),
      text: `${lines.join("\n")}\n`,
      messageId: `<${letter.id}@baton>`,
      date: new Date(letter.notice.at),
      headers: { "Auto-Submitted": "auto-generated" },
    })
    .then((): Posted => ({ kind: "taken" }), outcomeOf);
  try {
    return await Promise.race([sending, over.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
    transport.close();
  }

  function outcomeOf(error: Error & { responseCode?: number; code?: string; response?: string }): Posted {
    const { responseCode, code, response } = error;
    const hidden = [server, address?.password ?? "", decodeURIComponent(address?.password ?? "")];
    const because = shortened(response ?? code ?? error.message, hidden);
    // 552 to 554: too large, no such mailbox name, the transaction failed: of this letter, and not of who sends it.
    if (responseCode === 552 || responseCode === 554) return { kind: "refused", because };
    return { kind: "failed", because };
  }
}

/** Milliseconds, of a server that is there and says nothing. */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 10_000, dnsTimeout: 10_000 };
