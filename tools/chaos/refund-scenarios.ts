import type { DisputeStatus, RefundReportStatus } from '../../src/domain/callbacks/notification.js';
import type { Outcome } from '../../src/domain/callbacks/outcome.js';
import { againOf, caseAbout, ending, paidTwice, partOf } from './operator-scenarios.js';
import type { Place, PlannedCallback, PlannedOrder } from './plan.js';
import { DISPUTING_GATEWAYS } from './report-payloads.js';
import type { ScenarioBuilder } from './scenario-builder.js';
import type { ScenarioKind } from './scenario-kind.js';

/** A repeat may come first, and an older report after a newer one. */
const REPORTED: readonly Outcome[] = ['refund_reported', 'duplicate', 'stale'];
const DISPUTED: readonly Outcome[] = ['dispute_reported', 'duplicate', 'stale'];

/** Alipay has no refunds that fail or take long, and names only the sum of all of them. */
const namesRefunds = ({ gateway }: ScenarioBuilder): boolean => gateway !== 'alipay';

/** One refund of the money of a callback, which its gateway reports with several statuses. */
class ReportedRefund {
  private readonly id: string;
  readonly amount: string;
  private count = 0;

  constructor(
    private readonly builder: ScenarioBuilder,
    private readonly money: PlannedCallback,
    { amount = money.amount, before = '0' }: { amount?: string; before?: string } = {},
  ) {
    this.id = builder.unique('F');
    this.amount = amount;
    this.before = before;
  }

  /** What the refunds before it come to. */
  private readonly before: string;

  /** Each report is newer than the one before, by the gateway's time. */
  is(status: RefundReportStatus, expected: readonly Outcome[] = REPORTED): PlannedCallback {
    const { builder, money, id, amount, before } = this;
    this.count += 1;
    const sum = namesRefunds(builder) ? null : (Number(before) + Number(amount)).toFixed(2);
    return {
      ...money,
      key: builder.unique('C'),
      eventId: builder.unique('E'),
      status: 'refund',
      amount,
      expected,
      ends: [],
      refund: { id, number: `${id}n`, status, cumulative: sum, paid: money.amount, atSeconds: this.count },
    };
  }

  /** The sum of all refunds of the transaction, with no name of any. */
  sum(): PlannedCallback {
    const { amount } = this;
    const report = this.is('succeeded');
    return { ...report, refund: { ...report.refund!, cumulative: amount } };
  }

  /** Everything that its gateway says of a refund that succeeds, once more or less, in any order. */
  get reports(): PlannedCallback[] {
    const { builder } = this;
    const processing = namesRefunds(builder) ? [this.is('processing')] : [];
    const succeeded = this.is('succeeded');
    const repeated = builder.random.chance(0.3) ? [againOf(builder, succeeded, ...REPORTED)] : [];
    return builder.random.shuffled([...processing, succeeded, ...repeated]);
  }
}

/** An order that is paid. Returns the callback that paid it. */
function paid(builder: ScenarioBuilder, order: PlannedOrder, ...ends: Place[]): PlannedCallback {
  const payment = builder.openPayment(order);
  const success = builder.callback(payment, order, { expected: ['settled'], ends });
  builder.step(success).decided(success);
  return success;
}

/** The reports at once, or one after the other. */
function reporting(builder: ScenarioBuilder, reports: readonly PlannedCallback[]): void {
  if (builder.random.chance(0.5)) builder.step(...reports);
  else for (const report of reports) builder.step(report);
}

export const REFUND_SCENARIOS = [
  {
    name: 'a refund',
    weight: 2,
    build(builder) {
      const success = paid(builder, builder.placeOrder('refunded'), 'given back');
      reporting(builder, new ReportedRefund(builder, success).reports);
    },
  },
  {
    name: 'a refund of a part',
    weight: 1,
    build(builder) {
      const success = paid(builder, builder.placeOrder('paid'), 'settled');
      const amount = partOf(success, 0.4);
      reporting(builder, new ReportedRefund(builder, success, { amount }).reports);
    },
  },
  {
    name: 'refunds of two parts that come to the whole',
    weight: 1,
    build(builder) {
      const success = paid(builder, builder.placeOrder('refunded'), 'given back');
      const amount = partOf(success, 0.4);
      const rest = (Number(success.amount) - Number(amount)).toFixed(2);
      const refunds = [
        new ReportedRefund(builder, success, { amount }),
        new ReportedRefund(builder, success, { amount: rest, before: amount }),
      ];
      reporting(builder, builder.random.shuffled(refunds.flatMap((each) => each.reports)));
    },
  },
  {
    name: 'a refund before success',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('pending');
      const payment = builder.openPayment(order);
      const success = builder.callback(payment, order, {
        // A notice of Alipay about a refund may be the success as well.
        expected: namesRefunds(builder) ? ['order_not_payable'] : ['order_not_payable', 'duplicate'],
        ends: ['in its case'],
      });
      const refund = new ReportedRefund(builder, success);
      const report = refund.is('succeeded', [...REPORTED, 'order_not_payable']);
      builder.step(report).decided(report).step(success);
    },
  },
  {
    name: 'a refund of a part before success',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.openPayment(order);
      const success = builder.callback(payment, order, {
        expected: namesRefunds(builder) ? ['settled'] : ['settled', 'duplicate'],
        ends: ['settled'],
      });
      const refund = new ReportedRefund(builder, success, { amount: partOf(success, 0.5) });
      const report = refund.is('succeeded', [...REPORTED, 'settled']);
      builder.step(report).decided(report).step(success);
    },
  },
  {
    name: 'a refund races success',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('pending', 'refunded');
      const payment = builder.openPayment(order);
      const success = builder.callback(payment, order, {
        expected: namesRefunds(builder)
          ? ['settled', 'order_not_payable']
          : ['settled', 'order_not_payable', 'duplicate'],
        ends: ['in its case', 'given back'],
      });
      const refund = new ReportedRefund(builder, success);
      builder.step(success, refund.is('succeeded', [...REPORTED, 'order_not_payable']));
    },
  },
  {
    name: 'a sum of refunds whose parts are named',
    weight: 1,
    build(builder) {
      builder.gateway = 'stripe';
      const success = paid(builder, builder.placeOrder('refunded'), 'given back');
      const refund = new ReportedRefund(builder, success);
      const isNamed = builder.random.chance(0.7);
      reporting(builder, [...(isNamed ? builder.random.shuffled(refund.reports) : []), refund.sum()]);
    },
  },
  {
    name: 'a refund that fails after it has succeeded',
    weight: 2,
    build(builder) {
      // An order that was refunded stays so.
      const order = namesRefunds(builder)
        ? builder.placeOrder('refunded', 'paid')
        : builder.placeOrder('refunded');
      const success = paid(builder, order, namesRefunds(builder) ? 'settled' : 'given back');
      const refund = new ReportedRefund(builder, success);
      if (namesRefunds(builder)) reporting(builder, [...refund.reports, refund.is('failed')]);
      else builder.step(refund.is('succeeded'));
    },
  },
  {
    name: 'money paid twice goes back while an operator acts',
    weight: 2,
    build(builder) {
      const second = paidTwice(builder, 'given back');
      const found = caseAbout(second.paymentNumber, 'paid_twice');
      const resolution = builder.random.oneOf(['dismiss', 'refunded_elsewhere'] as const);
      builder.step(
        ...new ReportedRefund(builder, second).reports,
        builder.deed(ending(found, resolution), [
          'done',
          'resolved_before',
          'exceeds_refundable',
          'refund_under_way',
        ]),
      );
    },
  },
  {
    name: 'unmatched money goes back',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('pending');
      const payment = builder.payment(order);
      const fields = { expected: ['unmatched'], ends: ['given back'] } as const;
      const money = builder.callback(payment, order, fields);
      builder.step(money).decided(money);
      reporting(builder, new ReportedRefund(builder, money).reports);
    },
  },
  {
    name: 'the money of a cancelled order goes back',
    weight: 1,
    build(builder) {
      // An order whose money is about to go back cannot be cancelled any more.
      const order = builder.placeOrder('cancelled', 'refunded');
      const { number: orderNumber } = order;
      const success = paid(builder, order, 'given back');
      const refund = new ReportedRefund(builder, success);
      builder.step(
        builder.deed({ type: 'move', orderNumber, to: 'cancelled' }, ['done', 'transition_not_allowed']),
        ...(builder.random.chance(0.5) ? refund.reports : []),
      );
      reporting(builder, refund.reports);
    },
  },
  {
    name: 'a refund that an operator has recorded is reported as well',
    weight: 1,
    build(builder) {
      const second = paidTwice(builder, 'given back');
      const found = caseAbout(second.paymentNumber, 'paid_twice');
      builder.step(builder.deed(ending(found, 'refunded_elsewhere'), ['done']));
      reporting(builder, new ReportedRefund(builder, second).reports);
    },
  },
  {
    name: 'a move by hand while a refund runs',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('refunded');
      const { number: orderNumber } = order;
      const success = paid(builder, order, 'given back');
      const refund = new ReportedRefund(builder, success);
      if (namesRefunds(builder)) {
        const report = refund.is('processing');
        builder.step(report).decided(report);
        builder.step(
          builder.deed({ type: 'move', orderNumber, to: 'paid' }, ['refund_under_way']),
          builder.deed({ type: 'move', orderNumber, to: 'refunded' }, ['refund_under_way']),
        );
      }
      builder.step(refund.is('succeeded'));
    },
  },
  {
    name: 'a refund of money that nobody knows',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('pending');
      const unknown = builder.callback(builder.payment(order), order, { expected: ['unmatched'] });
      if (namesRefunds(builder)) reporting(builder, new ReportedRefund(builder, unknown).reports);
    },
  },
] as const satisfies readonly ScenarioKind[];

/** One dispute of the money of a callback. */
class ReportedDispute {
  private readonly id: string;
  private count = 0;

  constructor(
    private readonly builder: ScenarioBuilder,
    private readonly money: PlannedCallback,
  ) {
    this.id = builder.unique('Q');
  }

  is(status: DisputeStatus, moneyTaken: boolean): PlannedCallback {
    const { builder, money, id } = this;
    this.count += 1;
    return {
      ...money,
      key: builder.unique('C'),
      eventId: builder.unique('E'),
      status: 'dispute',
      expected: DISPUTED,
      ends: [],
      dispute: { id, status, moneyTaken, atSeconds: this.count },
    };
  }
}

/** A dispute that is opened, and ends so; some of its reports are repeated, and they come in any order. */
function disputed(builder: ScenarioBuilder, end: DisputeStatus | null): void {
  if (!DISPUTING_GATEWAYS.includes(builder.gateway))
    builder.gateway = builder.random.oneOf(DISPUTING_GATEWAYS);
  const order = builder.placeOrder('paid');
  const payment = builder.openPayment(order);
  const success = builder.callback(payment, order, { expected: ['settled'] });
  const dispute = new ReportedDispute(builder, success);
  const opened = dispute.is('needs_response', true);
  const reports = [
    opened,
    ...(builder.random.chance(0.5) ? [dispute.is('under_review', true)] : []),
    ...(end ? [dispute.is(end, end === 'lost')] : []),
    ...(builder.random.chance(0.3) ? [againOf(builder, opened, ...DISPUTED)] : []),
  ];
  // Some are there before the money.
  if (builder.random.chance(0.3)) builder.step(...builder.random.shuffled([success, ...reports]));
  else {
    builder.step(success).decided(success);
    reporting(builder, builder.random.shuffled(reports));
  }
}

export const DISPUTE_SCENARIOS = [
  { name: 'a dispute that is open', weight: 1, build: (builder) => disputed(builder, null) },
  { name: 'a dispute that is won', weight: 1, build: (builder) => disputed(builder, 'won') },
  { name: 'a dispute that is lost', weight: 1, build: (builder) => disputed(builder, 'lost') },
] as const satisfies readonly ScenarioKind[];
