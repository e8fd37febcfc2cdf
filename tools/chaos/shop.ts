import { setTimeout as sleep } from 'node:timers/promises';
import type { ShopRequest } from './history.js';
import type { PlannedOrder, PlannedPayment } from './plan.js';

const TIMEOUT_MS = 12_000;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 3_000;

/** The shop and its operators. Each request has an Idempotency-Key, and is repeated under that key until its final answer. */
export class Shop {
  readonly requests: ShopRequest[] = [];

  constructor(
    private readonly urlOf: (replica: number) => string,
    private readonly hasStopped: () => boolean,
  ) {}

  place({ number, amount, currency }: PlannedOrder): Promise<void> {
    return this.request('place', number, '/orders', { orderNumber: number, total: { amount, currency } });
  }

  open({ number, orderNumber, gateway, expiresInSeconds }: PlannedPayment): Promise<void> {
    const body = { gateway, paymentNumber: number, expiresInSeconds };
    return this.request('open', number, `/orders/${orderNumber}/payments`, body);
  }

  cancel(orderNumber: string): Promise<void> {
    return this.request('cancel', orderNumber, `/orders/${orderNumber}/transitions`, { to: 'cancelled' });
  }

  /** Creates a webhook endpoint for every event, and returns its secret. */
  async subscribe(url: string): Promise<string> {
    const response = await this.post(0, '/webhook-endpoints', 'subscribe', { url });
    if (response?.status !== 201)
      throw new Error(`the webhook endpoint was not created: ${response?.status}`);
    return (JSON.parse(response.text) as { secret: string }).secret;
  }

  /** Sends a request that only has to occupy a connection and wait for the order's lock. Its answer does not matter. */
  async contend(orderNumber: string, replica: number): Promise<void> {
    await this.post(replica, `/orders/${orderNumber}/transitions`, null, { to: 'shipped' });
  }

  private async request(
    action: ShopRequest['action'],
    number: string,
    route: string,
    body: unknown,
  ): Promise<void> {
    let backoff = FIRST_BACKOFF_MS;
    for (let replica = number.length % 2; !this.hasStopped(); replica = 1 - replica) {
      const at = Date.now();
      const response = await this.post(replica, route, `${action}-${number}`, body);
      // Neither a key in flight nor a 5xx is a final answer.
      if (response && response.status < 500 && !response.text.includes('key_in_flight')) {
        this.requests.push({ action, number, at, status: response.status });
        return;
      }
      await sleep(backoff);
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
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return null;
    }
  }
}
