import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { SMTPServer } from "smtp-server";

export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What becomes of a request: a status (with headers), no answer for ever, or a connection that breaks off. */
export type Behaviour =
  | number
  | { status: number; headers?: Record<string, string>; body?: string }
  | "silent"
  | "breaks";

export interface HttpReceiver {
  url: string;
  received: Received[];
  /** Asked for each request, once it was read. */
  behave: (received: Received) => Behaviour | Promise<Behaviour>;
}

/** A real receiver of webhooks. */
export async function httpReceiver(t: TestContext): Promise<HttpReceiver> {
  const receiver: HttpReceiver = { url: "", received: [], behave: () => 200 };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const received = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
    receiver.received.push(received);
    const behaviour = await receiver.behave(received);
    if (behaviour === "silent") return;
    if (behaviour === "breaks") return void request.socket.destroy();
    const { status, headers = {}, body: said = "" } = typeof behaviour === "number" ? { status: behaviour } : behaviour;
    response.writeHead(status, headers).end(said);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
}

export interface MailReceiver {
  url: string;
  mails: string[];
  /** At the greeting, or of a recipient. Undefined: it takes it. */
  refuseBefore: (recipient: string | undefined) => { code: number; text: string } | undefined;
  /** Undefined: it takes it. */
  refuse: (mail: string) => { code: number; text: string } | "silent" | undefined;
}

/** A real mail server that takes mail from whoever knows the password. */
export async function mailReceiver(t: TestContext): Promise<MailReceiver> {
  const receiver: MailReceiver = { url: "", mails: [], refuse: () => undefined, refuseBefore: () => undefined };
  const errorOf = (refused: ReturnType<MailReceiver["refuseBefore"]>) =>
    refused && Object.assign(new Error(refused.text), { responseCode: refused.code });
  const server = new SMTPServer({
    allowInsecureAuth: true,
    closeTimeout: 1,
    disabledCommands: ["STARTTLS"],
    onConnect: (_, done) => done(errorOf(receiver.refuseBefore(undefined))),
    onRcptTo: ({ address }, _, done) => done(errorOf(receiver.refuseBefore(address))),
    onAuth: ({ username, password }, _, done) =>
      password === "open sesame" ? done(null, { user: username }) : done(new Error("no")),
    async onData(stream, _, done) {
      let mail = "";
      try {
        for await (const chunk of stream) mail += chunk;
      } catch (error) {
        // Whoever sent it has broken off: it is none.
        return done(error as Error);
      }
      receiver.mails.push(mail);
      const refused = receiver.refuse(mail);
      if (refused === "silent") return;
      done(errorOf(refused));
    },
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  t.after(async () => {
    await new Promise<void>((resolve) => server.close(resolve));
  });
  receiver.url = `smtp://baton:open%20sesame@127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return receiver;
}
