import {
  createClient,
  type Client,
  type Result,
  type WebhookEvent,
} from '../../clients/typescript/client.js';

// A shop as its authors would write it with the client. test/client/client.spec.ts compiles it as strictly as TypeScript can, and runs it.

export interface Sale {
  readonly orderNumber: string;
  readonly amount: string;
}

/** Places an order with a payment. Returns the payment number for the gateway, or what the shop has to do. */
export async function sell(client: Client, { orderNumber, amount }: Sale): Promise<string> {
  const placed = await client.placeOrder({
    body: { orderNumber, total: { amount, currency: 'CNY' }, payment: { gateway: 'standard-webhooks' } },
    idempotencyKey: `place-${orderNumber}`,
  });
  return placed.ok ? placed.data.payments[0]!.paymentNumber : adviceFor(placed);
}

type Refusal = Exclude<Result<'placeOrder'>, { readonly ok: true }>;

/** The compiler knows the codes of each status. */
function adviceFor(refusal: Refusal): string {
  if (refusal.status === 409 && refusal.problem.code === 'number_taken')
    return `choose another number than that in ${refusal.problem.field}`;
  if (refusal.status === 422 && refusal.problem.code === 'invalid')
    return `correct ${refusal.problem.errors?.map(({ field }) => field).join(', ')}`;
  if (refusal.status === 503) return `try again after ${refusal.retryAfterSeconds} s`;
  return refusal.problem.code;
}

export async function isPaid(client: Client, orderNumber: string): Promise<boolean> {
  const read = await client.getOrder({ path: { orderNumber } });
  return read.ok && read.data.status === 'paid';
}

/** All orders of a customer, page by page. */
export async function ordersOf(client: Client, customerId: string): Promise<string[]> {
  const numbers: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await client.listOrders({ query: { customerId, limit: 2, ...(cursor && { cursor }) } });
    if (!page.ok) throw new Error(page.problem.detail);
    numbers.push(...page.data.items.map(({ orderNumber }) => orderNumber));
    cursor = page.data.nextCursor;
  }
  return numbers;
}

/** What a webhook endpoint of the shop does with an event. */
export function textOf(event: WebhookEvent): string {
  if (event.type === 'order.paid')
    return `order ${event.data.orderNumber} is paid: ${event.data.amount.amount} ${event.data.amount.currency}`;
  return event.type === 'discrepancy.opened' ? `look at ${event.data.kind}` : event.type;
}

export { createClient };
