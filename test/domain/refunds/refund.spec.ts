import { describe, expect, test } from '@jest/globals';
import { Money } from '../../../src/domain/money.js';
import {
  Refund,
  REFUND_MOVES,
  REFUND_STATUSES,
  type RefundNews,
  type RefundStatus,
} from '../../../src/domain/refunds/refund.js';

const AT = new Date('2026-11-23T08:00:00Z');
const after = (seconds: number): Date => new Date(AT.getTime() + seconds * 1_000);
const by = { actor: 'gateway:stripe', at: AT };

const TERMS = {
  number: 'R1',
  gateway: 'stripe',
  transactionId: 'T1',
  paymentNumber: 'P1',
  orderNumber: 'O1',
  caseId: null,
  money: Money.of('40.00', 'CNY'),
  reason: null,
};

const news = (status: RefundNews['status'], changed: Partial<RefundNews> = {}): RefundNews => ({
  status,
  at: AT,
  failure: null,
  source: 'report',
  ...changed,
});

/** A reported refund in this status, as the gateway said at `AT`. */
const reported = (status: RefundNews['status']): Refund =>
  Refund.report(TERMS, news(status), { gatewayRefundId: 're_1', reference: null }, by);

describe('the moves of a refund', () => {
  test('are accept from requested, succeed from requested, processing and failed, and fail from requested, processing and succeeded', () => {
    const allowed = Object.entries(REFUND_MOVES).flatMap(([move, { from, to }]) =>
      from.map((status) => `${move}: ${status} to ${to}`),
    );
    expect(allowed).toEqual([
      'accept: requested to processing',
      'succeed: requested to succeeded',
      'succeed: processing to succeeded',
      'succeed: failed to succeeded',
      'fail: requested to failed',
      'fail: processing to failed',
      'fail: succeeded to failed',
    ]);
  });

  test.each(REFUND_STATUSES)('never lead back to requested, from %s', (status) => {
    const targets = Object.values(REFUND_MOVES).filter(({ from }) =>
      (from as readonly string[]).includes(status),
    );
    expect(targets.map(({ to }) => to as RefundStatus)).not.toContain('requested');
  });
});

describe('a refund', () => {
  test('that is requested announces itself, and has what the gateway will say of it still open', () => {
    const refund = Refund.request({ ...TERMS, caseId: '7' }, by);
    expect(refund.stored).toMatchObject({ origin: 'requested', status: 'requested', gatewayRefundId: null });
    expect(refund.events).toEqual([
      {
        type: 'refund.requested',
        ...by,
        orderNumber: 'O1',
        paymentNumber: 'P1',
        data: {
          refundNumber: 'R1',
          gateway: 'stripe',
          transactionId: 'T1',
          amount: { amount: '40.00', currency: 'CNY' },
          origin: 'requested',
          discrepancyId: '7',
        },
      },
    ]);
  });

  test('that is reported begins with the status that it has, its reference and its failure', () => {
    const failure = { code: 'expired_or_canceled_card', message: null };
    const refund = Refund.report(
      TERMS,
      news('failed', { failure }),
      { gatewayRefundId: null, reference: 'RF-1' },
      by,
    );
    expect(refund.stored).toMatchObject({ origin: 'reported', status: 'failed', reference: 'RF-1', failure });
    expect(refund.events).toMatchObject([
      { type: 'refund.failed', data: { origin: 'reported', reference: 'RF-1', failure } },
    ]);
  });

  test('tells nobody of a report that says the same again', () => {
    const refund = reported('succeeded');
    refund.events.length = 0;
    expect(refund.learn(news('succeeded', { at: after(1) }), by)).toBe('repeated');
    expect(refund.events).toEqual([]);
  });

  test.each<[RefundNews['status'], Partial<RefundNews> & Pick<RefundNews, 'status'>, RefundStatus]>([
    ['processing', { status: 'succeeded', at: after(1) }, 'succeeded'],
    ['processing', { status: 'failed', at: after(1) }, 'failed'],
    ['succeeded', { status: 'failed', at: after(1) }, 'failed'],
    // An older report changes nothing.
    ['processing', { status: 'succeeded', at: after(-1) }, 'processing'],
    ['succeeded', { status: 'failed', at: after(-1) }, 'succeeded'],
    // At equal times failed holds against succeeded, and succeeded against processing.
    ['processing', { status: 'succeeded' }, 'succeeded'],
    ['succeeded', { status: 'failed' }, 'failed'],
    ['succeeded', { status: 'processing' }, 'succeeded'],
    // What has failed succeeds only by the answer to a query.
    ['failed', { status: 'succeeded', at: after(1) }, 'failed'],
    ['failed', { status: 'succeeded', at: after(1), source: 'query' }, 'succeeded'],
    ['failed', { status: 'succeeded', at: null, source: 'query' }, 'succeeded'],
    ['failed', { status: 'processing', at: after(1), source: 'query' }, 'failed'],
    // Without a time a report is as old as the newest one.
    ['processing', { status: 'succeeded', at: null }, 'succeeded'],
    ['failed', { status: 'succeeded', at: null }, 'failed'],
  ])('that is %s and learns %j is %s afterwards', (status, { status: said, ...changed }, result) => {
    const refund = reported(status);
    const hasChanged = refund.learn(news(said, changed), by) === 'changed';
    expect([refund.status, hasChanged]).toEqual([result, result !== status]);
    expect(refund.events.map(({ type }) => type)).toEqual(
      [status, ...(hasChanged ? [result] : [])].map((each) => `refund.${each}`),
    );
  });
});
