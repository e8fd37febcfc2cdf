import type { CallbackView } from '../application/callbacks/callback-queries.js';
import type { CaseView } from '../application/cases/case-queries.js';
import type { DisputeView } from '../application/disputes/dispute-queries.js';
import type { OrderView } from '../application/orders/order-queries.js';
import type { PaymentView } from '../application/payments/payment-queries.js';
import type { RefundView } from '../application/refunds/refund-queries.js';
import type { Amount } from '../domain/money.js';
import { Advice } from './advice.js';

/** Views as JSON has them: times are texts, which the sandbox only prints. */
type Seen<View> = { readonly [Name in keyof View]: View[Name] extends Date ? string : View[Name] };
export type SeenOrder = Seen<OrderView>;
export type SeenPayment = Seen<Omit<PaymentView, 'disputes'>>;
export type SeenCallback = Seen<CallbackView>;
export type SeenDiscrepancy = Seen<CaseView>;
export type SeenRefund = Seen<RefundView>;
export type SeenDispute = Seen<DisputeView>;

interface RequestParts {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The service's admin API. */
export class AdminClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  order(number: string): Promise<SeenOrder | null> {
    return this.get(`/orders/${number}`);
  }

  payment(number: string): Promise<SeenPayment | null> {
    return this.get(`/payments/${number}`);
  }

  callbacksOf(paymentNumber: string): Promise<SeenCallback[]> {
    return this.list(`/callbacks?paymentNumber=${paymentNumber}`);
  }

  /** Also those that name no payment. */
  callbacksWithId(gateway: string, eventId: string): Promise<SeenCallback[]> {
    return this.list(`/callbacks?gateway=${gateway}&eventId=${encodeURIComponent(eventId)}`);
  }

  refundsOf(transactionId: string): Promise<SeenRefund[]> {
    return this.list(`/refunds?transactionId=${encodeURIComponent(transactionId)}`);
  }

  refundsOfPayment(paymentNumber: string): Promise<SeenRefund[]> {
    return this.list(`/refunds?paymentNumber=${paymentNumber}`);
  }

  disputesOf(transactionId: string): Promise<SeenDispute[]> {
    return this.list(`/disputes?transactionId=${encodeURIComponent(transactionId)}`);
  }

  discrepanciesOf(paymentNumber: string): Promise<SeenDiscrepancy[]> {
    return this.list(`/discrepancies?paymentNumber=${paymentNumber}`);
  }

  makeOrder(orderNumber: string, total: Amount): Promise<SeenOrder> {
    return this.post('/orders', { orderNumber, total });
  }

  makePayment(orderNumber: string, gateway: string): Promise<SeenPayment> {
    return this.post(`/orders/${orderNumber}/payments`, { gateway });
  }

  private async get<View>(path: string): Promise<View | null> {
    const response = await this.request(path);
    if (response.status === 404) return null;
    return this.viewOf<View>(response, `GET ${path}`);
  }

  private async list<View>(path: string): Promise<View[]> {
    const items: View[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { items: View[]; nextCursor: string | null } = await this.viewOf(
        await this.request(`${path}&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`),
        `GET ${path}`,
      );
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  private async post<View>(path: string, body: unknown): Promise<View> {
    const headers = { 'content-type': 'application/json' };
    return this.viewOf(
      await this.request(path, { method: 'POST', headers, body: JSON.stringify(body) }),
      `POST ${path}`,
    );
  }

  private async request(path: string, init: RequestParts = {}): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.token}` };
    try {
      return await fetch(`${this.url}/admin/v1${path}`, {
        ...init,
        headers,
        signal: AbortSignal.timeout(10_000),
      });
    } catch (error) {
      const reason = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message;
      throw new Advice(
        `No service answers at ${this.url} (${reason}). Start it with npm start. If it is running, give the sandbox the DATA_DIR and PORT of the service, or its address with --url.`,
      );
    }
  }

  private async viewOf<View>(response: Response, what: string): Promise<View> {
    if (response.ok) return (await response.json()) as View;
    if (response.status === 401) {
      throw new Advice(
        'The service does not know this token (401). Give the sandbox the ADMIN_TOKENS of the service, or the token of an operator with --token.',
      );
    }
    if (response.status === 403) {
      throw new Advice(
        'This token may only read (403), and the sandbox creates orders and payments. Give the token of an operator with --token.',
      );
    }
    const advice = response.status < 500 ? ADVICE.refused : ADVICE.faulty;
    const reason = reasonIn(await response.text()).replace(/\.$/, '');
    throw new Advice(`The service answered ${what} with ${response.status}: ${reason}. ${advice}`);
  }
}

const ADVICE = {
  refused: 'Change the options accordingly: --help shows all of them.',
  faulty: 'The log of the service says why. Try again when it is repaired.',
} as const;

/** What a problem document says, or the text itself where it is not one. */
function reasonIn(text: string): string {
  try {
    const { title, detail, errors } = JSON.parse(text) as {
      title?: string;
      detail?: string;
      errors?: { field: string; message: string }[];
    };
    const fields = errors?.map(({ field, message }) => `${field}: ${message}`).join('; ');
    return fields || detail || title || text;
  } catch {
    return text.slice(0, 200);
  }
}
