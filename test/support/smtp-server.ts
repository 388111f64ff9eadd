import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface TestSmtpServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly {
    readonly to: readonly string[];
    readonly raw: string;
    readonly user: string;
    readonly secure: boolean;
  }[];
}

/** A real SMTP server on this machine. It knows one login, `leaf` / `correct`, and refuses mail to bounce@…. */
export async function testSmtpServer(options: SMTPServerOptions = {}): Promise<TestSmtpServer> {
  const mails: { to: string[]; raw: string; user: string; secure: boolean }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    onAuth({ username, password }, _session, done) {
      if (username === 'leaf' && password === 'correct') done(null, { user: username });
      else done(new Error('Invalid username or password'));
    },
    onRcptTo({ address }, _session, done) {
      if (!address.startsWith('bounce@')) done();
      else done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }));
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        const raw = Buffer.concat(parts).toString('latin1');
        mails.push({ to, raw, user: String(session.user ?? ''), secure: session.secure });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
