import { createHmac } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Destination } from '../../application/events/delivery-repository.js';
import { Publisher, type TestMessage, type TestSender } from '../../application/events/publisher.js';
import type { PublishedEvent } from '../../domain/events/published-event.js';
import type { AttemptResult } from '../../domain/events/subscriber.js';
import { EndpointAgents } from './endpoint-agents.js';
import { retryAfterSeconds } from './retry-after.js';
import { type CheckedTargets, RefusedAddress } from './webhook-targets.js';

const TIMEOUT_MS = 5_000;
/** The body of an answer has no meaning. It is read up to this size only so that the connection can be reused. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** Deliveries in flight to one endpoint. */
const CONCURRENCY = 32;

/** What is signed and sent. */
type Message = PublishedEvent | TestMessage;

/** What an answer says. */
interface Answer {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
}

/** Sends events as Standard Webhooks (standardwebhooks.com), signed with every valid secret. Follows no redirects. */
export class WebhookPublisher extends Publisher implements TestSender {
  readonly kind = 'webhook';
  readonly concurrency = CONCURRENCY;
  private readonly connections = new EndpointAgents(CONCURRENCY);

  constructor(
    private readonly targets: CheckedTargets,
    private readonly timeoutMs: number = TIMEOUT_MS,
  ) {
    super();
  }

  isReady(): boolean {
    return true;
  }

  /** Closes the connections. */
  close(): void {
    this.connections.close();
  }

  publish(event: PublishedEvent, destination: Destination): Promise<AttemptResult> {
    return this.send(event, destination, (protocol) =>
      this.connections.agentFor(destination.subscriberId, protocol),
    );
  }

  /** On a connection of its own, so that a test does not wait for deliveries that hang, and finds faults of the connection. */
  sendTest(message: TestMessage, destination: Destination): Promise<AttemptResult> {
    return this.send(message, destination, () => false);
  }

  private async send(message: Message, destination: Destination, agentFor: AgentFor): Promise<AttemptResult> {
    // The configuration may have changed since the endpoint was added.
    const fault = this.targets.fault(destination.url ?? '');
    if (fault) return { delivered: false, httpStatus: null, error: `the url ${fault}` };
    const url = new URL(destination.url!);
    const timestamp = message.at.toISOString();
    const body = JSON.stringify({ type: message.type, timestamp, data: message.data });
    const options = {
      method: 'POST',
      headers: {
        'user-agent': 'Quittance',
        ...destination.headers,
        ...signedHeaders(message.id, body, destination.secrets),
        'content-length': String(Buffer.byteLength(body)),
      },
      agent: agentFor(url.protocol as Protocol),
      lookup: this.targets.lookup,
      // It ends the request at any stage: name lookup, connection, or waiting for the answer.
      signal: AbortSignal.timeout(this.timeoutMs),
    };
    try {
      return resultOf(await post(url, options, body));
    } catch (error) {
      return { delivered: false, httpStatus: null, error: reasonOf(error, this.timeoutMs) };
    }
  }
}

type Protocol = 'http:' | 'https:';
/** False for a connection that is used once. */
type AgentFor = (protocol: Protocol) => http.Agent | false;

async function post(url: URL, options: https.RequestOptions, body: string): Promise<Answer> {
  for (;;) {
    const answer = await postOnce(url, options, body);
    if (answer !== 'connection_closed') return answer;
  }
}

function postOnce(
  url: URL,
  options: https.RequestOptions,
  body: string,
): Promise<Answer | 'connection_closed'> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, options, (answer) => {
      drain(answer);
      resolve(answerOf(answer));
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A receiver may close an idle connection at the moment when it is reused. Then it has read nothing of this request.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve('connection_closed');
      else reject(error);
    });
    // A receiver that answers 101 wants another protocol. Without this, Node closes the connection and reports nothing.
    request.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve(answerOf(answer));
    });
    // Whatever else has ended the request, the attempt is over.
    request.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    request.end(body);
  });
}

/** The headers of Standard Webhooks. A receiver that has any one of the secrets can verify the request. */
function signedHeaders(id: string, body: string, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

function drain(answer: IncomingMessage): void {
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) answer.destroy();
  });
  // An error after the status was received changes nothing.
  answer.on('error', () => undefined);
}

function answerOf({ statusCode: status = 0, headers }: IncomingMessage): Answer {
  const asksForPause = status === 429 || status === 503;
  return { status, retryAfterSeconds: asksForPause ? retryAfterSeconds(headers, Date.now()) : undefined };
}

function resultOf({ status: httpStatus, retryAfterSeconds }: Answer): AttemptResult {
  if (httpStatus >= 200 && httpStatus < 300) return { delivered: true, httpStatus };
  const isRedirect = httpStatus >= 300 && httpStatus < 400;
  const error = isRedirect ? `HTTP ${httpStatus}: redirects are not followed` : `HTTP ${httpStatus}`;
  return { delivered: false, httpStatus, error, gone: httpStatus === 410, retryAfterSeconds };
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, code, message, cause } = error as NodeJS.ErrnoException & { cause?: Error };
  if (error instanceof RefusedAddress) return message;
  if (name === 'AbortError' || cause?.name === 'TimeoutError')
    return `no answer within ${timeoutMs / 1_000} s`;
  // A message may contain data that the receiver sent. A code is one of a few known ones.
  return code ? `the connection failed: ${code}` : 'the connection failed';
}
