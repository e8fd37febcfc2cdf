import type { FastifyInstance } from 'fastify';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ignoreClientErrors } from './client-errors.js';
import { problem } from './problem.js';
import { endWithProblem } from './raw-answer.js';
import type { Servers } from './servers.js';

/** The first bytes of a body are not counted: on all connections together they need at most 40 MiB. */
const SMALL_BODY_BYTES = 16 * 1024;
/**
 * The limit for what has arrived of larger bodies and is in memory: enough for as many as the queue of callbacks takes. Few gateways send
 * one at all.
 */
const LARGE_BODIES_BYTES = 128 * 1024 * 1024;

/**
 * How many requests a client may send on one connection before it has read their answers, because these are in memory. No gateway and no
 * proxy sends more than one at a time. A second may arrive while the end of the first one's answer is still being sent.
 */
const MAX_UNANSWERED = 2;

const TOO_MANY_LARGE_BODIES = problem(
  503,
  'Too many large bodies are being received at the same time; nothing was changed. Send the same request again in a second.',
);

/** What the open requests of one connection need. It is released when the connection closes, whatever became of them. */
interface ConnectionUsage {
  unanswered: number;
  largeBodyBytes: number;
}

/**
 * Limits the memory that unauthenticated clients can occupy, by bodies that never arrive completely or by answers that they never read.
 * Otherwise there would be none left for callbacks. Bytes count when they arrive: what a client only announces costs nothing, so it takes
 * nothing from others.
 */
export function limitMemory(server: FastifyInstance, servers: Servers): void {
  const memory = new BodyMemory();
  server.addHook('onRequest', ({ raw }, reply, done) => {
    const usage = memory.usageOf(raw.socket);
    if (usage.unanswered >= MAX_UNANSWERED) {
      servers.refused('connections', raw);
      return void raw.socket.destroy();
    }
    usage.unanswered += 1;
    reply.raw.once('close', () => {
      usage.unanswered -= 1;
    });
    return done();
  });
  server.addHook('preParsing', ({ raw }, reply, payload, done) => {
    if (mayBeLarge(raw.headers)) {
      const usage = memory.usageOf(raw.socket);
      let counted = 0;
      onLargeBytes(raw, (bytes) => {
        if (!memory.take(usage, bytes)) return refuseBody(raw, servers);
        counted += bytes;
      });
      // Until then the body is in memory, even if the answer was decided long before. A closed connection has released its bytes already.
      reply.raw.once('close', () => raw.socket.destroyed || memory.release(usage, counted));
    }
    // At once: a body that is listened to flows, and the framework has to listen before its first bytes.
    done(null, payload);
  });
}

/** What has arrived of large bodies, and on which connection. */
class BodyMemory {
  private totalBytes = 0;
  private readonly usages = new WeakMap<Socket, ConnectionUsage>();

  usageOf(socket: Socket): ConnectionUsage {
    const known = this.usages.get(socket);
    if (known) return known;
    const usage = { unanswered: 0, largeBodyBytes: 0 };
    this.usages.set(socket, usage);
    socket.once('close', () => this.release(usage, usage.largeBodyBytes));
    return usage;
  }

  /** False, and nothing is counted, if the limit would be exceeded. */
  take(usage: ConnectionUsage, bytes: number): boolean {
    if (this.totalBytes + bytes > LARGE_BODIES_BYTES) return false;
    this.add(usage, bytes);
    return true;
  }

  release(usage: ConnectionUsage, bytes: number): void {
    this.add(usage, -bytes);
  }

  private add(usage: ConnectionUsage, bytes: number): void {
    usage.largeBodyBytes += bytes;
    this.totalBytes += bytes;
  }
}

function mayBeLarge({
  'content-length': length = '0',
  'transfer-encoding': encoding,
}: IncomingHttpHeaders): boolean {
  return encoding !== undefined || Number(length) > SMALL_BODY_BYTES;
}

/** Reports the bytes of a body beyond the small ones, as they arrive. */
function onLargeBytes(request: IncomingMessage, report: (bytes: number) => void): void {
  let received = 0;
  request.on('data', (chunk: Buffer) => {
    const before = Math.max(received, SMALL_BODY_BYTES);
    received += chunk.length;
    if (received > before) report(received - before);
  });
}

/** What still arrives of the body is dropped, and its handler is never called. */
function refuseBody(request: IncomingMessage, servers: Servers): void {
  const { socket } = request;
  request.removeAllListeners('data').removeAllListeners('end').resume();
  servers.refused('size', request);
  ignoreClientErrors(socket);
  endWithProblem(socket, TOO_MANY_LARGE_BODIES, { 'retry-after': '1' });
}
