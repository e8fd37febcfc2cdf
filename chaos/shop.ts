import { setTimeout as rest } from 'node:timers/promises';
import type { Asked } from './history.js';
import type { PlannedOrder, PlannedPayment } from './plan.js';

const PATIENCE_MS = 12_000;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 3_000;

/** The shop and its operators: each asks under an Idempotency-Key, and again under the same until there is a final answer. */
export class Shop {
  readonly asked: Asked[] = [];

  constructor(
    private readonly urlOf: (replica: number) => string,
    private readonly gaveUp: () => boolean,
  ) {}

  place({ number, amount, currency }: PlannedOrder): Promise<void> {
    return this.ask('place', number, '/orders', { orderNumber: number, total: { amount, currency } });
  }

  open({ number, orderNumber, gateway, expiresInSeconds }: PlannedPayment): Promise<void> {
    const body = { gateway, paymentNumber: number, expiresInSeconds };
    return this.ask('open', number, `/orders/${orderNumber}/payments`, body);
  }

  cancel(orderNumber: string): Promise<void> {
    return this.ask('cancel', orderNumber, `/orders/${orderNumber}/transitions`, { to: 'cancelled' });
  }

  /** An endpoint that is told every event, and its secret. */
  async subscribe(url: string): Promise<string> {
    const response = await this.post(0, '/webhook-endpoints', 'subscribe', { url });
    if (response?.status !== 201) throw new Error(`the webhook endpoint was not made: ${response?.status}`);
    return (JSON.parse(response.text) as { secret: string }).secret;
  }

  /** An operator's request that nobody waits for: it is to stand in the way of others, whatever it is answered. */
  async jostle(orderNumber: string, replica: number): Promise<void> {
    await this.post(replica, `/orders/${orderNumber}/transitions`, null, { to: 'shipped' });
  }

  private async ask(what: Asked['what'], number: string, route: string, body: unknown): Promise<void> {
    let backoff = FIRST_BACKOFF_MS;
    for (let replica = number.length % 2; !this.gaveUp(); replica = 1 - replica) {
      const at = Date.now();
      const response = await this.post(replica, route, `${what} ${number}`.replace(' ', '-'), body);
      // A key in flight is no answer yet; a fault of the service is none either.
      if (response && response.status < 500 && !response.text.includes('key_in_flight')) {
        this.asked.push({ what, number, at, status: response.status });
        return;
      }
      await rest(backoff);
      backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
    }
  }

  private async post(
    replica: number,
    route: string,
    key: string | null,
    body: unknown,
  ): Promise<{ status: number; text: string } | null> {
    try {
      const response = await fetch(`${this.urlOf(replica)}/admin/v1${route}`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer dev-token',
          'content-type': 'application/json',
          ...(key === null ? {} : { 'idempotency-key': key }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return null;
    }
  }
}
