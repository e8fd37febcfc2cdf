import { type Socket, connect } from 'node:net';

export const open = (url: string): Socket => connect(Number(new URL(url).port), new URL(url).hostname);

/** Everything that arrives on the connection until it is closed. */
export function received(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text)).on('error', reject);
  });
}

/** Sends the bytes as they are on a connection of their own, and resolves to what the server answers before the connection is closed. */
export const exchange = (url: string, text: string): Promise<string> => received(open(url).end(text));

/** Sends a request with this target, whatever it is. */
export const request = (url: string, method: string, target: string): Promise<string> =>
  exchange(url, `${method} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);

export const statusOf = (answer: string): number => Number(/^HTTP\/1.1 (\d{3}) /.exec(answer)?.[1]);
