import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_TYPE, type Problem } from './problem.js';
import { STRICT_HEADERS } from './security-headers.js';

/** Answers with a problem before the framework sees the request. This costs a third of an answer through the framework. */
export function answerProblem(
  response: ServerResponse,
  answer: Problem,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(answer);
  const length = Buffer.byteLength(body);
  const type = { 'content-type': PROBLEM_TYPE, 'content-length': length };
  response.writeHead(answer.status, { ...STRICT_HEADERS, ...type, ...headers });
  response.end(body);
}

/** How long a client may take to read the last answer on a connection. */
const READ_WITHIN_MS = 1_000;

/**
 * Writes a problem to a connection whose request could not be parsed, and closes it. What the client still sends is read and dropped for a
 * moment: a connection that is closed with unread data is reset, and then the client may never see the answer.
 */
export function endWithProblem(
  socket: Socket,
  answer: Problem,
  moreHeaders: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(answer);
  const headers = {
    ...moreHeaders,
    ...STRICT_HEADERS,
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    date: new Date().toUTCString(),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${answer.status} ${answer.title}\r\n${lines.join('')}\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), READ_WITHIN_MS);
  socket.once('close', () => clearTimeout(timer));
}
