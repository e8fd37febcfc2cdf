import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import type { Told } from './history.js';
import { HttpReceiver, type Had } from './http-receiver.js';

/** One in so many is answered with a fault, so that the relay has to come again. */
const FAILS_EVERY = 97;

/** Somebody who is told every event, checks its signature with the library, and now and then fails. */
export class EventSubscriber {
  readonly told: Told[] = [];
  private webhook: Webhook | undefined;
  private readonly receiver = new HttpReceiver();

  async open(): Promise<this> {
    await this.receiver.open();
    this.receiver.answer = (had, response) => {
      const fails = (this.told.length + 1) % FAILS_EVERY === 0;
      this.told.push(toldBy(had, this.verifies(had.text, had.headers)));
      response.writeHead(fails ? 503 : 200).end();
      // What it has had is kept once, by the told events.
      this.receiver.had.length = 0;
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

function toldBy({ headers, body }: Had, verified: boolean): Told {
  const id = String(headers['webhook-id']);
  const orderNumber = (body.data.orderNumber as string | null | undefined) ?? null;
  return { id, at: Date.now(), type: body.type, orderNumber, verified };
}
