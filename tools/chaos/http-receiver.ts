import { EventEmitter, once } from 'node:events';
import http, { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: {
    readonly type: string;
    readonly timestamp: string;
    readonly data: Record<string, unknown>;
  };
}

export type Responder = (request: ReceivedRequest, response: ServerResponse) => void;

/** An HTTP server on this machine that receives webhooks, records them, and answers them with `answer`. */
export class HttpReceiver {
  readonly requests: ReceivedRequest[] = [];
  answer: Responder = (_request, response) => void response.end('thank you');
  private readonly events = new EventEmitter();
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { headers, url = '' } = request;
      const received = {
        at: performance.now(),
        path: url,
        headers,
        text,
        body: text ? JSON.parse(text) : {},
      };
      this.requests.push(received);
      this.answer(received, response);
      this.events.emit('received');
    });
  });

  async open(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** Resolves when the requests so far are enough, and rejects after `withinMs`. */
  async until(isEnough: (requests: readonly ReceivedRequest[]) => boolean, withinMs = 15_000): Promise<void> {
    const signal = AbortSignal.timeout(withinMs);
    while (!isEnough(this.requests)) await once(this.events, 'received', { signal });
  }

  /** The event types of one order, in order of arrival. */
  typesOf(orderNumber: string): string[] {
    return this.requests
      .filter(({ body }) => body.data.orderNumber === orderNumber)
      .map(({ body }) => body.type);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
