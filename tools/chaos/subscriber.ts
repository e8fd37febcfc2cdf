import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import type { DeliveredEvent } from './history.js';
import { HttpReceiver, type ReceivedRequest } from './http-receiver.js';

/** One delivery in this many is answered with 503, so that the service has to repeat it. */
const FAILS_EVERY = 97;

/** A webhook endpoint for every event. It checks each signature with the Standard Webhooks library, and sometimes fails. */
export class EventSubscriber {
  readonly delivered: DeliveredEvent[] = [];
  private webhook: Webhook | undefined;
  private readonly receiver = new HttpReceiver();

  async open(): Promise<this> {
    await this.receiver.open();
    this.receiver.answer = (request, response) => {
      const fails = (this.delivered.length + 1) % FAILS_EVERY === 0;
      this.delivered.push(eventOf(request, this.verifies(request.text, request.headers)));
      response.writeHead(fails ? 503 : 200).end();
      // Otherwise the receiver would store every request a second time.
      this.receiver.requests.length = 0;
    };
    return this;
  }

  get url(): string {
    return this.receiver.url;
  }

  trust(secret: string): void {
    this.webhook = new Webhook(secret);
  }

  close(): Promise<void> {
    return this.receiver.close();
  }

  private verifies(text: string, headers: IncomingHttpHeaders): boolean {
    try {
      this.webhook?.verify(text, headers as Record<string, string>);
      return this.webhook !== undefined;
    } catch {
      return false;
    }
  }
}

function eventOf({ headers, body }: ReceivedRequest, verified: boolean): DeliveredEvent {
  const id = String(headers['webhook-id']);
  const orderNumber = (body.data.orderNumber as string | null | undefined) ?? null;
  return { id, at: Date.now(), type: body.type, orderNumber, verified };
}
