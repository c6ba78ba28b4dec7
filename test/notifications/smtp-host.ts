import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A mail server on a loopback port that takes everything, or refuses recipients with a reply of its own. */
export interface SmtpHost {
  readonly address: string;
  /** What was sent, headers and text, one item a mail. */
  readonly mails: string[];
  close(): Promise<void>;
}

/** Starts one that speaks as much of RFC 5321 as a delivery takes. */
export async function startSmtpHost(refusal?: string): Promise<SmtpHost> {
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let mail: string | undefined;
    let rest = '';
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    const take = (line: string): void => {
      if (mail !== undefined && line !== '.') mail += `${line}\n`;
      else if (mail !== undefined) {
        mails.push(mail);
        mail = undefined;
        say('250 taken');
      } else if (/^DATA/i.test(line)) {
        mail = '';
        say('354 go on');
      } else if (/^RCPT/i.test(line)) say(refusal ?? '250 yes');
      else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
      else say('250 yes');
    };
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (data: Buffer) => {
      const lines = `${rest}${data.toString()}`.split('\r\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    });
    say('220 test');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}
