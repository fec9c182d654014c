/** HAProxy's command sockets: one connection, some commands, one answer. */
import { connect } from 'node:net';

/** Commands beyond this many would not fit HAProxy's buffer (16 KiB). */
const MOST_AT_ONCE = 60;
const PATIENCE_MS = 5000;

/** Sends the commands and resolves with all that came back; rejects when the socket cannot be reached or stays silent. */
export async function askHaproxy(socketPath: string, commands: readonly string[]): Promise<string> {
  let answers = '';
  for (let at = 0; at < commands.length; at += MOST_AT_ONCE) answers += await exchange(socketPath, commands.slice(at, at + MOST_AT_ONCE));
  return answers;
}

function exchange(socketPath: string, commands: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(socketPath);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer for ${PATIENCE_MS} ms`)));
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.end(`${commands.join(';')}\n`));
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', (cause) => reject(new Error(`HAProxy's command socket ${socketPath}: ${cause.message}`, { cause })));
  });
}
