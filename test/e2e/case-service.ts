import { startService, type GATEWAYS, type Said, type Service } from './service.js';

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

/** Two replicas on one database, a clock that both go by, and what an operator asks of them. */
export class CaseService {
  private constructor(
    readonly service: Service,
    readonly second: Service,
    readonly clock: { ahead: number; now(): Date },
  ) {}

  static async start(): Promise<CaseService> {
    const clock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) };
    const service = await startService({ adminTokens: TOKENS }, clock);
    const { databaseUrl } = service;
    return new CaseService(service, await startService({ adminTokens: TOKENS, databaseUrl }, clock), clock);
  }

  async close(): Promise<void> {
    await this.second.close();
    await this.service.close();
  }

  async get<Body>(route: string): Promise<Body> {
    return (await this.service.admin<Body>('GET', route)).body;
  }

  async casesOf(paymentNumber: string): Promise<CaseBody[]> {
    return (await this.get<{ items: CaseBody[] }>(`/discrepancies?paymentNumber=${paymentNumber}`)).items;
  }

  async statusOf(route: string): Promise<string> {
    return (await this.get<{ status: string }>(route)).status;
  }

  resolve(id: string, body: object, through = this.service, headers: Record<string, string> = {}) {
    return through.admin<Record<string, unknown>>('POST', `/discrepancies/${id}/resolve`, body, headers);
  }

  /** A payment whose money came an hour after it was opened, and the case that this has made. */
  async late(gateway: (typeof GATEWAYS)[number] = 'stripe', said: Partial<Said> = {}) {
    const given = await this.service.given(gateway);
    this.clock.ahead = HOUR_MS;
    try {
      // Signed for the time of the service, which is an hour on.
      await this.service.deliver(gateway, { ...given, at: this.clock.now(), ...said });
    } finally {
      this.clock.ahead = 0;
    }
    const [found] = await this.casesOf(given.paymentNumber);
    return { ...given, case: found! };
  }
}
