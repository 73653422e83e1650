/** A mail server that keeps what it is given: enough of SMTP (RFC 5321) for Directus' transport. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface MailServer {
  readonly port: number;
  /** The text of the next mail to an address, as soon as it is there. Decoded from quoted-printable. */
  mailTo(address: string): Promise<string>;
  close(): void;
}

export async function startMailServer(): Promise<MailServer> {
  const mails: string[] = [];
  const watchers = new Set<() => void>();
  const server = createServer((socket) => receive(socket, (mail) => {
    mails.push(mail);
    for (const look of watchers) look();
  }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    mailTo: (address) =>
      new Promise((resolve) => {
        const look = () => {
          const found = mails.findIndex((mail) => mail.includes(`\nTo: ${address}\n`));
          if (found < 0) return;
          watchers.delete(look);
          resolve(decoded(mails.splice(found, 1)[0] ?? ''));
        };
        watchers.add(look);
        look();
      }),
    close: () => void server.close(),
  };
}

function receive(socket: Socket, deliver: (mail: string) => void): void {
  let mail: string[] | undefined;
  const say = (line: string) => socket.write(`${line}\r\n`);
  say('220 ready');
  socket.on('error', () => {});
  createInterface(socket).on('line', (line) => {
    if (mail && line !== '.') return void mail.push(line);
    if (mail) deliver(`${mail.join('\n')}\n`);
    mail = /^DATA/i.test(line) ? [] : undefined;
    if (/^QUIT/i.test(line)) return void socket.end('221 bye\r\n');
    say(mail ? '354 go on' : '250 ok');
  });
}

/** RFC 2045 §6.7. */
function decoded(text: string): string {
  return text
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
