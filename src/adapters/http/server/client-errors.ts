import type { Socket } from 'node:net';
import type { RefusalReason } from '../../../application/callbacks/rejection-repository.js';
import type { Latest } from './connection-limit.js';
import { type Problem, problem } from './problem.js';
import { endWithProblem } from './raw-answer.js';

/** What Node reports about a connection whose request it cannot parse, or that takes too long. */
export interface ClientError extends Error {
  readonly code?: string;
  /** What the parser has to say about it. */
  readonly reason?: string;
  /** The bytes that could not be parsed. */
  readonly rawPacket?: Buffer;
}

/** The answer to a request that was refused, and the reason for which it is counted. */
export interface Answer {
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

/** The body is compressed on its way. */
export const ENCODED_TRANSFER: Answer = {
  reason: 'encoding',
  problem: problem(
    400,
    'Of the header Transfer-Encoding only chunked is supported; nothing was changed. Send the body without compression.',
  ),
};

const INCOMPLETE = problem(400, 'The connection ended before the body was complete. Nothing was changed.');
/** The client has closed its side of the connection in the middle of a request. */
const ENDED_BY_CLIENT = 'HPE_INVALID_EOF_STATE';

const ANSWERS: Readonly<Record<string, Answer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: TOO_SLOW,
  HPE_HEADER_OVERFLOW: TOO_MANY_HEADERS,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    reason: 'size',
    problem: problem(413, 'The extensions of the chunks are too large. Nothing was changed.'),
  },
};

/** The parser has one code for a coding that it does not know, and for a length beside a coding, which is broken framing. */
function answerTo({ code = '', reason = '' }: ClientError): Answer {
  if (code === 'HPE_INVALID_TRANSFER_ENCODING' && !reason.includes('Content-Length')) return ENCODED_TRANSFER;
  return ANSWERS[code] ?? MALFORMED;
}

const answered = new WeakSet<Socket>();

/** For a connection whose last answer has been given. */
export function ignoreClientErrors(socket: Socket): void {
  answered.add(socket);
}

/**
 * Answers on the connection and closes it. Returns what was refused, or null if there is nothing to report. A client that leaves while it sends
 * a body has sent nothing that is wrong: every client may abort a request.
 *
 * @param latest the request on the connection that has no complete answer yet.
 */
export function answerClientError(
  error: ClientError,
  socket: Socket,
  latest: Latest | null,
): { readonly reason: RefusalReason; readonly target: string | null } | null {
  // What arrives after the first error is an error again.
  if (answered.has(socket)) return null;
  answered.add(socket);
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return null;
  }
  const isAborted = latest !== null && error.code === ENDED_BY_CLIENT;
  const { reason, problem: answer } = answerTo(error);
  // A second answer in the middle of the first would corrupt it.
  if (latest?.response.headersSent) socket.destroy();
  else endWithProblem(socket, isAborted ? INCOMPLETE : answer);
  return isAborted ? null : { reason, target: latest?.request.url ?? targetIn(error.rawPacket) };
}

const REQUEST_LINE = /^[A-Z]{1,20} (\S{1,512})/;

/** The target in the bytes of a request, if they begin with it. */
function targetIn(packet: Buffer | undefined): string | null {
  return REQUEST_LINE.exec(packet?.toString('latin1', 0, 1_024) ?? '')?.[1] ?? null;
}
