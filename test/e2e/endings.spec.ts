import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallbackStatus, Payload } from '../../src/sandbox/callback.js';
import { RESOLUTIONS, type Resolution } from '../../src/domain/cases/endings.js';
import type { CaseKind } from '../../src/domain/cases/kinds.js';
import { auditOf } from '../postgres/fixtures/audit-of.js';
import { DISPUTING, type Gateway, GatewayReports, type SaidDispute, type SaidRefund } from './reports.js';
import { GATEWAYS, type Service, startService, unique } from './service.js';
import { HOUR_MS } from './two-replicas.js';
import { waitUntil } from './wait-until.js';

interface CaseBody {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly resolution: string | null;
  readonly endedBy: { readonly by: string } | null;
  readonly allowedResolutions: readonly { readonly resolution: string }[];
}

const clock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) };
let service: Service;
let reports: GatewayReports;
beforeAll(async () => {
  service = await startService({}, { clock });
  reports = new GatewayReports(service);
});
afterAll(() => service.close());

const casesOf = async (query: string): Promise<CaseBody[]> =>
  (await service.admin<{ items: CaseBody[] }>('GET', `/discrepancies?${query}`)).body.items;
const caseOf = async (id: string): Promise<CaseBody> =>
  (await service.admin<CaseBody>('GET', `/discrepancies/${id}`)).body;
const resolve = (id: string, body: object) =>
  service.admin<Payload>('POST', `/discrepancies/${id}/resolve`, { note: 'seen and decided', ...body });
const cancel = (orderNumber: string) =>
  service.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'cancelled' });

interface Money {
  readonly orderNumber: string;
  readonly paymentNumber: string;
  readonly transactionId: string;
}

async function opened(gateway: Gateway): Promise<Money> {
  return { ...(await service.openPayment(gateway)), transactionId: unique('T') };
}

async function paid(gateway: Gateway): Promise<Money> {
  const money = await opened(gateway);
  await service.deliver(gateway, money);
  return money;
}

async function late(gateway: Gateway): Promise<Money> {
  const money = await opened(gateway);
  clock.ahead = HOUR_MS;
  await service.deliver(gateway, { ...money, at: clock.now() });
  clock.ahead = 0;
  return money;
}

async function refunded(gateway: Gateway, said: Partial<SaidRefund>): Promise<Money> {
  const money = await paid(gateway);
  const defaults = { id: unique('R'), amount: '40.00', sum: '40.00', currency: 'CNY', seconds: 1 };
  await reports.refund(gateway, money, { ...defaults, status: 'succeeded', ...said });
  return money;
}

async function disputed(gateway: Gateway, status: SaidDispute['status']): Promise<Money> {
  const money = await paid(gateway);
  const defaults = { id: unique('D'), amount: '100.00', currency: 'CNY', moneyTaken: null, seconds: 1 };
  await reports.dispute(gateway as (typeof DISPUTING)[number], money, { ...defaults, status });
  return money;
}

/** The same event id twice: first with a failure, or with the success of the same money, then with a success. */
async function conflicting(gateway: Gateway, first: CallbackStatus): Promise<Money> {
  const [money, eventId] = [await opened(gateway), unique('E')];
  await service.deliver(gateway, { ...money, status: first, eventId });
  await service.deliver(gateway, { ...money, amount: '99.00', eventId });
  return money;
}

/** A callback that could not be settled for a day. The worker gives it up. */
async function undelivered(gateway: Gateway): Promise<Money> {
  const money = await opened(gateway);
  const { paymentNumber, transactionId } = money;
  const notice = { kind: 'succeeded', paymentNumber, transactionId, amount: '100.00', currency: 'CNY' };
  const unsaid = { paidAt: null, reason: null, foreign: null };
  await service.sql(
    `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, body, received_at, judged_at,
                            outcome, attempts, next_attempt_at)
     VALUES ($1, $2, $2, 'succeeded', $3, $4, 'key', '{}', 'body', now() - interval '1 day', now() - interval '1 day', 'pending', 34, now())`,
    [gateway, unique('E'), paymentNumber, JSON.stringify({ ...notice, ...unsaid })],
  );
  await waitUntil(async () => (await casesOf(`paymentNumber=${paymentNumber}`)).length > 0);
  return money;
}

/** A kind of case that a callback or an operator can bring about in this release, and the endings that it allows. */
interface Row {
  readonly kind: CaseKind;
  /** Where the endings of one kind differ. */
  readonly of?: string;
  readonly allowed: readonly Resolution[];
  readonly gateways: readonly Gateway[];
  readonly make: (gateway: Gateway) => Promise<Money>;
}

const TAKEN = ['refunded_elsewhere', 'dismiss'] as const;
const FREE = ['attach', ...TAKEN] as const;
const NOTED = ['dismiss'] as const;
const FAILING: readonly Gateway[] = ['stripe', 'wechat-pay', 'standard-webhooks'];

const ROWS: readonly Row[] = [
  {
    kind: 'unmatched',
    allowed: FREE,
    gateways: GATEWAYS,
    make: async (gateway) => {
      const money = { orderNumber: '-', paymentNumber: unique('P'), transactionId: unique('T') };
      await service.deliver(gateway, money);
      return money;
    },
  },
  { kind: 'paid_late', allowed: ['accept', ...FREE], gateways: GATEWAYS, make: late },
  {
    kind: 'amount_mismatched',
    allowed: ['accept', ...FREE],
    gateways: GATEWAYS,
    make: async (gateway) => {
      const money = await opened(gateway);
      await service.deliver(gateway, { ...money, amount: '99.00' });
      return money;
    },
  },
  {
    kind: 'paid_twice',
    allowed: FREE,
    gateways: GATEWAYS,
    make: async (gateway) => {
      const money = await paid(gateway);
      await service.deliver(gateway, { ...money, transactionId: unique('T') });
      return money;
    },
  },
  {
    kind: 'order_not_payable',
    allowed: TAKEN,
    gateways: GATEWAYS,
    make: async (gateway) => {
      const money = await opened(gateway);
      await cancel(money.orderNumber);
      await service.deliver(gateway, money);
      return money;
    },
  },
  {
    kind: 'refund_due',
    allowed: TAKEN,
    gateways: GATEWAYS,
    make: async (gateway) => {
      const money = await paid(gateway);
      await cancel(money.orderNumber);
      return money;
    },
  },
  {
    kind: 'refund_failed',
    allowed: TAKEN,
    gateways: FAILING,
    make: (gateway) => refunded(gateway, { status: 'failed' }),
  },
  {
    kind: 'refund_stuck',
    allowed: NOTED,
    gateways: ['wechat-pay'],
    make: (gateway) => refunded(gateway, { status: 'processing' }),
  },
  {
    kind: 'refund_exceeds_payment',
    allowed: NOTED,
    gateways: GATEWAYS,
    make: (gateway) => refunded(gateway, { amount: '100.01', sum: '100.01' }),
  },
  {
    kind: 'conflicting',
    of: 'a success whose transaction has settled nothing',
    allowed: FREE,
    gateways: ['stripe', 'wechat-pay', 'standard-webhooks'],
    make: (gateway) => conflicting(gateway, 'failed'),
  },
  {
    kind: 'conflicting',
    of: 'a success whose transaction has settled a payment',
    allowed: NOTED,
    gateways: GATEWAYS,
    make: (gateway) => conflicting(gateway, 'succeeded'),
  },
  {
    kind: 'transaction_reused',
    allowed: NOTED,
    gateways: GATEWAYS,
    make: async (gateway) => {
      const [{ transactionId }, money] = [await paid(gateway), await opened(gateway)];
      await service.deliver(gateway, { ...money, transactionId });
      return money;
    },
  },
  {
    kind: 'foreign',
    allowed: NOTED,
    gateways: GATEWAYS,
    make: async (gateway) => {
      // A payment of another gateway.
      const money = await opened(GATEWAYS[(GATEWAYS.indexOf(gateway) + 1) % GATEWAYS.length]!);
      await service.deliver(gateway, money);
      return money;
    },
  },
  {
    kind: 'unreadable',
    allowed: NOTED,
    gateways: FAILING,
    make: (gateway) => refunded(gateway, { status: 'unknown' }),
  },
  {
    kind: 'undeliverable',
    allowed: NOTED,
    gateways: ['stripe'],
    make: undelivered,
  },
  {
    kind: 'dispute',
    allowed: NOTED,
    gateways: DISPUTING,
    make: (gateway) => disputed(gateway, 'needs_response'),
  },
  {
    kind: 'dispute_lost',
    allowed: NOTED,
    gateways: DISPUTING,
    make: (gateway) => disputed(gateway, 'lost'),
  },
  {
    kind: 'fraud_warning',
    allowed: NOTED,
    gateways: ['stripe'],
    make: async (gateway) => {
      const money = await paid(gateway);
      const object = { id: unique('issfr_'), payment_intent: money.transactionId, fraud_type: 'misc' };
      const type = 'radar.early_fraud_warning.created';
      const alter = (payload: Payload) => ({ ...payload, type, data: { object } });
      await service.deliver(gateway, { ...money, alter });
      return money;
    },
  },
];

const titleOf = ({ kind, of }: Row): string => (of ? `${kind}, ${of},` : kind);

/** The open case of this kind, as an operator finds it. */
async function openCase({ kind, make }: Row, gateway: Gateway): Promise<CaseBody> {
  const { paymentNumber } = await make(gateway);
  const [found, ...others] = await casesOf(`status=open&kind=${kind}&paymentNumber=${paymentNumber}`);
  expect(others).toEqual([]);
  return found!;
}

/** What the refused endings would need. */
const NAMED: Readonly<Partial<Record<Resolution, object>>> = {
  attach: { paymentNumber: 'P-1' },
  refunded_elsewhere: { reference: 'RF-1' },
};

/** The fields that each ending needs. */
const FIELDS: Readonly<Record<Resolution, (gateway: Gateway) => Promise<object>>> = {
  accept: async () => ({}),
  attach: async (gateway) => ({ paymentNumber: (await service.openPayment(gateway)).paymentNumber }),
  refund: async () => ({}),
  refunded_elsewhere: async () => ({ reference: unique('RF') }),
  dismiss: async () => ({}),
};

const wordsOf = (allowed: CaseBody['allowedResolutions']): string[] =>
  allowed.map(({ resolution }) => resolution);

describe.each(GATEWAYS)('of money or a message of %s', (gateway) => {
  const rows = ROWS.filter(({ gateways }) => gateways.includes(gateway));

  test.each(rows.map((row) => [titleOf(row), row] as const))(
    'a case of %s allows the endings of its kind; every other one is 409 with those, an unknown word is 422, and nothing changes',
    async (_title, row) => {
      const found = await openCase(row, gateway);
      expect(wordsOf(found.allowedResolutions)).toEqual(row.allowed);
      const { allowedResolutions } = found;
      for (const resolution of RESOLUTIONS.filter((each) => !row.allowed.includes(each))) {
        expect(await resolve(found.id, { resolution, ...NAMED[resolution] })).toMatchObject({
          status: 409,
          body: { code: 'ending_not_allowed', allowedResolutions },
        });
      }
      expect(await resolve(found.id, { resolution: 'forget' })).toMatchObject({
        status: 422,
        body: { errors: [{ field: 'resolution' }] },
      });
      expect(await caseOf(found.id)).toMatchObject(found);
    },
  );
});

/** Each of them at one gateway, in turn. */
const ENDINGS = ROWS.flatMap((row, index) =>
  row.allowed.map((resolution, turn) => {
    const gateway = row.gateways[(index + turn) % row.gateways.length]!;
    return [titleOf(row), resolution, gateway, row] as const;
  }),
);

test.each(ENDINGS)('a case of %s ends by %s (%s), and says so', async (_title, resolution, gateway, row) => {
  const found = await openCase(row, gateway);
  const { status, body } = await resolve(found.id, { resolution, ...(await FIELDS[resolution](gateway)) });
  expect([status, body]).toMatchObject([200, { status: 'resolved', resolution, allowedResolutions: [] }]);
  const { by } = (await caseOf(found.id)).endedBy!;
  expect(WAYS[resolution]).toContain(by);
});

/** What the case says that has ended it. Money may have its next case after it was accepted or attached. */
const WAYS: Readonly<Partial<Record<Resolution, readonly string[]>>> = {
  accept: ['settlement'],
  attach: ['settlement', 'successor'],
  refunded_elsewhere: ['refunds'],
  dismiss: ['decision'],
};

test('after all of this the audit finds that each piece of money has exactly one owner', async () => {
  expect(await auditOf(service.databaseUrl)).toMatchObject({ unowned: 0, broken: [] });
});
