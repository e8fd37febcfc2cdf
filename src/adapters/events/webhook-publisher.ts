import { createHmac } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Publisher, type Destination } from '../../application/outbox.js';
import type { PublishedEvent } from '../../domain/published-event.js';
import type { Attempted } from '../../domain/subscriber.js';
import { RefusedAddress, type CheckedTargets } from './webhook-targets.js';

const TIMEOUT_MS = 5_000;
/** An answer's body says nothing that counts; it is read so far only as it lets the connection be used again. */
const MAX_ANSWER_BYTES = 16 * 1024;
const CONCURRENCY = 32;

/** Sends events as Standard Webhooks (standardwebhooks.com), signed with every secret that is live. Follows no redirect. */
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

  /** Closes connections that are kept for later. */
  close(): void {
    Object.values(this.agents).forEach((agent) => agent.destroy());
  }

  async publish(event: PublishedEvent, { url, secrets }: Destination): Promise<Attempted> {
    // The setting may have changed since the address was entered.
    const fault = this.targets.fault(url ?? '');
    if (fault) return { delivered: false, httpStatus: null, error: `the url ${fault}` };
    const body = JSON.stringify({ type: event.type, timestamp: event.at.toISOString(), data: event.data });
    const headers = { ...signed(event.id, body, secrets), 'user-agent': 'Quittance' };
    try {
      const status = await this.post(new URL(url!), headers, body, AbortSignal.timeout(this.timeoutMs));
      return attemptedBy(status);
    } catch (error) {
      return { delivered: false, httpStatus: null, error: reasonOf(error, this.timeoutMs) };
    }
  }

  /** The status of the answer. The signal ends it whatever it waits for: the name, the connection, or the answer's head. */
  private async post(
    url: URL,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<number> {
    for (;;) {
      const status = await this.postOnce(url, headers, body, signal);
      if (status !== 'connection_was_closed') return status;
    }
  }

  private postOnce(
    url: URL,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<number | 'connection_was_closed'> {
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
        // A receiver may close a connection just when it is taken up again; it has read nothing of this request.
        if (request.reusedSocket && error.code === 'ECONNRESET') resolve('connection_was_closed');
        else reject(error);
      });
      request.end(body);
    });
  }
}

function agentOf<Agent>({ Agent }: { Agent: new (options: http.AgentOptions) => Agent }): Agent {
  return new Agent({ keepAlive: true, maxSockets: CONCURRENCY, maxTotalSockets: 1_024 });
}

/** The headers of Standard Webhooks. A receiver that knows any one of the secrets can verify. */
function signed(id: string, body: string, secrets: readonly string[]): Record<string, string> {
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
  // Whatever goes wrong after the head changes nothing.
  answer.on('error', () => undefined);
}

function attemptedBy(httpStatus: number): Attempted {
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
  // A message may hold what the other side sent; a code is one of a known few.
  return code ? `the connection failed: ${code}` : 'the connection failed';
}
