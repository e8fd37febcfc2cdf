import { EventEmitter, once } from 'node:events';
import http, { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Had {
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

export type Answering = (had: Had, response: ServerResponse) => void;

/** A real HTTP server on this machine that receives webhooks, answers as it is told, and remembers. */
export class HttpReceiver {
  readonly had: Had[] = [];
  answer: Answering = (_had, response) => void response.end('thank you');
  private readonly events = new EventEmitter();
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { headers, url = '' } = request;
      const had = { at: performance.now(), path: url, headers, text, body: text ? JSON.parse(text) : {} };
      this.had.push(had);
      this.answer(had, response);
      this.events.emit('had');
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

  /** Resolves when what it has had is enough, and rejects when that takes too long. */
  async until(isEnough: (had: readonly Had[]) => boolean, withinMs = 15_000): Promise<void> {
    const signal = AbortSignal.timeout(withinMs);
    while (!isEnough(this.had)) await once(this.events, 'had', { signal });
  }

  /** Of one order, in the order in which they came. */
  typesOf(orderNumber: string): string[] {
    return this.had.filter(({ body }) => body.data.orderNumber === orderNumber).map(({ body }) => body.type);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
