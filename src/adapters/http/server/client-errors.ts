import type { Socket } from 'node:net';
import type { RefusalReason } from '../../../application/callbacks/rejection-repository.js';
import type { Latest } from './connection-limit.js';
import { type Problem, problem } from './problem.js';
import { endWithProblem } from './raw-answer.js';

/** What Node reports about a connection whose request it cannot parse, or that takes too long. */
export interface ClientError extends Error {
  readonly code?: string;
  /** The bytes that could not be parsed. */
  readonly rawPacket?: Buffer;
}

interface Answer {
  readonly reason: RefusalReason;
  readonly problem: Problem;
}

const TOO_SLOW: Answer = {
  reason: 'timeout',
  problem: problem(408, 'The request did not arrive completely in time. Nothing was changed.'),
};
const TOO_MANY_HEADERS: Answer = {
  reason: 'headers',
  problem: problem(431, 'The headers of a request may have at most 8 KiB. Nothing was changed.'),
};
const MALFORMED: Answer = {
  reason: 'framing',
  problem: problem(400, 'The request is not valid HTTP/1.1. Nothing was changed.'),
};

const ANSWERS: Readonly<Record<string, Answer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: TOO_SLOW,
  HPE_HEADER_OVERFLOW: TOO_MANY_HEADERS,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    reason: 'size',
    problem: problem(413, 'The extensions of the chunks are too large. Nothing was changed.'),
  },
};

const answered = new WeakSet<Socket>();

/**
 * Answers on the connection and closes it. Returns what was refused, or null if there is nothing to report.
 *
 * @param latest the request on the connection that has no complete answer yet.
 */
export function answerClientError(
  { code = '', rawPacket }: ClientError,
  socket: Socket,
  latest: Latest | null,
): { readonly reason: RefusalReason; readonly target: string | null } | null {
  // What arrives after the first error is an error again.
  if (answered.has(socket)) return null;
  answered.add(socket);
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return null;
  }
  const { reason, problem: answer } = ANSWERS[code] ?? MALFORMED;
  // A second answer in the middle of the first would corrupt it.
  if (latest?.response.headersSent) socket.destroy();
  else endWithProblem(socket, answer);
  return { reason, target: latest?.request.url ?? targetIn(rawPacket) };
}

const REQUEST_LINE = /^[A-Z]{1,20} (\S{1,512})/;

/** The target in the bytes of a request, if they begin with it. */
function targetIn(packet: Buffer | undefined): string | null {
  return REQUEST_LINE.exec(packet?.toString('latin1', 0, 1_024) ?? '')?.[1] ?? null;
}
