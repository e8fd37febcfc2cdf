import { type GATEWAYS, type Service, type TestCallback, startService } from './service.js';

export interface CaseBody {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly callbackId: string;
  readonly resolution: string | null;
  readonly reason: string | null;
}

const TOKENS = [
  { name: 'dev', role: 'operator' as const, token: 'dev-token' },
  { name: 'vera', role: 'viewer' as const, token: 'viewer-token' },
];
export const VIEWER = { authorization: 'Bearer viewer-token' };
export const HOUR_MS = 3_600_000;

/** Two replicas of the service on one database, with one clock, and the requests of an operator. */
export class TwoReplicas {
  private constructor(
    readonly first: Service,
    readonly second: Service,
    readonly clock: { ahead: number; now(): Date },
  ) {}

  static async start(): Promise<TwoReplicas> {
    const clock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) };
    const first = await startService({ adminTokens: TOKENS }, { clock });
    const { databaseUrl } = first;
    const second = await startService({ adminTokens: TOKENS, databaseUrl }, { clock });
    return new TwoReplicas(first, second, clock);
  }

  async close(): Promise<void> {
    await this.second.close();
    await this.first.close();
  }

  async get<Body>(route: string): Promise<Body> {
    return (await this.first.admin<Body>('GET', route)).body;
  }

  async casesOf(paymentNumber: string): Promise<CaseBody[]> {
    return (await this.get<{ items: CaseBody[] }>(`/discrepancies?paymentNumber=${paymentNumber}`)).items;
  }

  async statusOf(route: string): Promise<string> {
    return (await this.get<{ status: string }>(route)).status;
  }

  resolve(id: string, body: object, replica = this.first, headers: Record<string, string> = {}) {
    return replica.admin<Record<string, unknown>>('POST', `/discrepancies/${id}/resolve`, body, headers);
  }

  /** Opens a payment whose money comes an hour later. Returns it with the case that was opened. */
  async payLate(gateway: (typeof GATEWAYS)[number] = 'stripe', callback: Partial<TestCallback> = {}) {
    const payment = await this.first.openPayment(gateway);
    this.clock.ahead = HOUR_MS;
    try {
      // The signature has the time of the service's clock, which is an hour ahead.
      await this.first.deliver(gateway, { ...payment, at: this.clock.now(), ...callback });
    } finally {
      this.clock.ahead = 0;
    }
    const [found] = await this.casesOf(payment.paymentNumber);
    return { ...payment, case: found! };
  }
}
