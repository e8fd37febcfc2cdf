import { createHmac } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Destination } from '../../application/events/delivery-repository.js';
import { Publisher } from '../../application/events/publisher.js';
import type { PublishedEvent } from '../../domain/events/published-event.js';
import type { AttemptResult } from '../../domain/events/subscriber.js';
import { type CheckedTargets, RefusedAddress } from './webhook-targets.js';

const TIMEOUT_MS = 5_000;
/** The body of an answer has no meaning. It is read up to this size only so that the connection can be reused. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** Deliveries in flight to one endpoint. */
const CONCURRENCY = 32;

/** Sends events as Standard Webhooks (standardwebhooks.com), signed with every valid secret. Follows no redirects. */
export class WebhookPublisher extends Publisher {
  readonly kind = 'webhook';
  readonly concurrency = CONCURRENCY;
  private readonly agents = { 'http:': agentOf(http), 'https:': agentOf(https) };

  constructor(
    private readonly targets: CheckedTargets,
    private readonly timeoutMs: number = TIMEOUT_MS,
  ) {
    super();
  }

  isReady(): boolean {
    return true;
  }

  /** Closes the idle connections. */
  close(): void {
    Object.values(this.agents).forEach((agent) => agent.destroy());
  }

  async publish(event: PublishedEvent, { url, secrets }: Destination): Promise<AttemptResult> {
    // The configuration may have changed since the endpoint was added.
    const fault = this.targets.fault(url ?? '');
    if (fault) return { delivered: false, httpStatus: null, error: `the url ${fault}` };
    const body = JSON.stringify({ type: event.type, timestamp: event.at.toISOString(), data: event.data });
    const headers = { ...signedHeaders(event.id, body, secrets), 'user-agent': 'Quittance' };
    try {
      const status = await this.post(new URL(url!), headers, body, AbortSignal.timeout(this.timeoutMs));
      return resultOf(status);
    } catch (error) {
      return { delivered: false, httpStatus: null, error: reasonOf(error, this.timeoutMs) };
    }
  }

  /** Resolves to the status of the answer. The signal ends it at any stage: name lookup, connection, or waiting for the answer. */
  private async post(
    url: URL,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<number> {
    for (;;) {
      const status = await this.postOnce(url, headers, body, signal);
      if (status !== 'connection_closed') return status;
    }
  }

  private postOnce(
    url: URL,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<number | 'connection_closed'> {
    return new Promise((resolve, reject) => {
      const protocol = url.protocol as keyof typeof this.agents;
      const options = {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: this.agents[protocol],
        lookup: this.targets.lookup,
        signal,
      };
      const request = (protocol === 'https:' ? https : http).request(url, options, (answer) => {
        drain(answer);
        resolve(answer.statusCode ?? 0);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A receiver may close an idle connection at the moment when it is reused. Then it has read nothing of this request.
        if (request.reusedSocket && error.code === 'ECONNRESET') resolve('connection_closed');
        else reject(error);
      });
      request.end(body);
    });
  }
}

function agentOf<Agent>({ Agent }: { Agent: new (options: http.AgentOptions) => Agent }): Agent {
  // No limit for each host: endpoints that share one would wait for each other. Each endpoint has its own limit of deliveries in flight.
  return new Agent({ keepAlive: true });
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

function resultOf(httpStatus: number): AttemptResult {
  if (httpStatus >= 200 && httpStatus < 300) return { delivered: true, httpStatus };
  const isRedirect = httpStatus >= 300 && httpStatus < 400;
  const error = isRedirect ? `HTTP ${httpStatus}: redirects are not followed` : `HTTP ${httpStatus}`;
  return { delivered: false, httpStatus, error, gone: httpStatus === 410 };
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, code, message, cause } = error as NodeJS.ErrnoException & { cause?: Error };
  if (error instanceof RefusedAddress) return message;
  if (name === 'AbortError' || cause?.name === 'TimeoutError')
    return `no answer within ${timeoutMs / 1_000} s`;
  // A message may contain data that the receiver sent. A code is one of a few known ones.
  return code ? `the connection failed: ${code}` : 'the connection failed';
}
