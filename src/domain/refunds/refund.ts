import type { Attribution } from '../attribution.js';
import type { DomainEvent } from '../event.js';
import type { Amount, Money } from '../money.js';
import { type Moves, canMove } from '../transitions.js';

export const REFUND_STATUSES = ['requested', 'processing', 'succeeded', 'failed'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/** `requested`: this service is to ask the gateway for it. `reported`: somebody else made it, and this service was informed. */
export const REFUND_ORIGINS = ['requested', 'reported'] as const;
export type RefundOrigin = (typeof REFUND_ORIGINS)[number];

/** A refund may fail after it has succeeded: the customer's bank sends the money back. */
// prettier-ignore
export const REFUND_MOVES = {
  accept:  { from: ['requested'],                             to: 'processing' },
  succeed: { from: ['requested', 'processing', 'failed'],     to: 'succeeded' },
  fail:    { from: ['requested', 'processing', 'succeeded'],  to: 'failed' },
} as const satisfies Moves<RefundStatus>;
export type RefundMove = keyof typeof REFUND_MOVES;

const MOVES_TO = { processing: 'accept', succeeded: 'succeed', failed: 'fail' } as const;

/** Of two reports with the same time the later one of these holds. */
const RANKS: readonly RefundStatus[] = ['requested', 'processing', 'succeeded', 'failed'];

/** Why a refund failed, in the gateway's words. */
export interface RefundFailure {
  readonly code: string;
  readonly message: string | null;
}

/** What was learned about a refund. */
export interface RefundNews {
  readonly status: keyof typeof MOVES_TO;
  /** The gateway's time. Null if it names none; then the news is as old as the newest that is stored. */
  readonly at: Date | null;
  readonly failure: RefundFailure | null;
  /** `query`: the answer to a question that was asked after everything that is stored. */
  readonly source: 'report' | 'query';
}

/** What news has done to a refund. `repeated`: it says what is known. `outdated`: newer news holds. */
export type Learned = 'changed' | 'repeated' | 'outdated';

/** The payment that has the money of a refund, and its order. */
export interface RefundedPayment {
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
}

/** Which piece of money a refund gives back, and how much of it. Nothing but the payment ever changes. */
export interface RefundTerms extends RefundedPayment {
  readonly number: string;
  readonly gateway: string;
  /** The gateway's id of the piece of money. */
  readonly transactionId: string;
  /** The case that it was made for, if it was made for one. */
  readonly caseId: string | null;
  readonly money: Money;
  /** For people: why it was made. */
  readonly reason: string | null;
}

export interface RefundState extends Omit<RefundTerms, keyof RefundedPayment> {
  /** Of a refund that waits: the payment that the report names. */
  paymentNumber: string | null;
  orderNumber: string | null;
  readonly origin: RefundOrigin;
  /** Its piece of money is not known yet: it has settled no payment, and no case owns it. */
  waiting: boolean;
  /** It stands for what the gateway's sum has and no other refund explains. A piece has one at most, and its amount changes. */
  readonly unnamed: boolean;
  status: RefundStatus;
  gatewayRefundId: string | null;
  /** Where a refund that an operator has recorded can be found. */
  readonly reference: string | null;
  /** The gateway's time of the newest report. */
  reportedAt: Date | null;
  failure: RefundFailure | null;
}

export type RefundEvent = DomainEvent<
  `refund.${RefundStatus}`,
  {
    readonly refundNumber: string;
    readonly gateway: string;
    readonly transactionId: string;
    readonly amount: Amount;
    readonly origin: RefundOrigin;
    readonly discrepancyId?: string;
    readonly reference?: string;
    readonly failure?: RefundFailure;
  }
>;

/** A part or all of one piece of money that goes back to the customer. */
export class Refund {
  readonly events: RefundEvent[] = [];

  /** Rebuilds a stored refund. `request` and `report` make new ones. */
  constructor(private readonly state: RefundState) {}

  /** A refund that this service is to ask the gateway for. */
  static request(terms: RefundTerms, attribution: Attribution): Refund {
    const fresh = { gatewayRefundId: null, reference: null, reportedAt: null, failure: null };
    const state = { ...terms, ...fresh, origin: 'requested', status: 'requested' } as const;
    return Refund.begin({ ...state, waiting: false, unnamed: false }, attribution);
  }

  /** A refund that was made elsewhere, as it stands now. */
  static report(
    terms: RefundTerms,
    { status, at, failure }: Omit<RefundNews, 'source'>,
    names: {
      readonly gatewayRefundId: string | null;
      readonly reference: string | null;
      readonly waiting?: boolean;
    },
    attribution: Attribution,
  ): Refund {
    const known = { waiting: false, ...names, unnamed: false, status, reportedAt: at, failure };
    return Refund.begin({ ...terms, ...known, origin: 'reported' }, attribution);
  }

  private static begin(state: RefundState, attribution: Attribution): Refund {
    const refund = new Refund(state);
    refund.announce(attribution);
    return refund;
  }

  /** A copy of what is to be stored. */
  get stored(): Readonly<RefundState> {
    return { ...this.state };
  }
  get number(): string {
    return this.state.number;
  }
  get money(): Money {
    return this.state.money;
  }
  get status(): RefundStatus {
    return this.state.status;
  }

  /**
   * Applies what was learned, in the order of the gateway's time: older news changes nothing; of two with one time, failed holds against
   * succeeded and succeeded against processing. A refund that has failed succeeds only by the answer to a later query.
   */
  learn(news: RefundNews, attribution: Attribution): Learned {
    const { status, at, failure, source } = news;
    const move = MOVES_TO[status];
    if (this.isOutdated(news)) return 'outdated';
    if (status === this.status) {
      this.state.reportedAt = at ?? this.state.reportedAt;
      return 'repeated';
    }
    if (!canMove(REFUND_MOVES, move, this.status)) return 'outdated';
    if (this.status === 'failed' && source !== 'query') return 'outdated';
    this.state.status = REFUND_MOVES[move].to;
    this.state.reportedAt = at ?? this.state.reportedAt;
    this.state.failure = failure;
    this.announce(attribution);
    return 'changed';
  }

  /** The gateway's id, which a report has brought. The first one stays. */
  identify(gatewayRefundId: string | null): void {
    this.state.gatewayRefundId ??= gatewayRefundId;
  }

  private isOutdated({ status, at, source }: RefundNews): boolean {
    const { reportedAt } = this.state;
    if (source === 'query' || reportedAt === null) return false;
    const age = at === null ? 0 : at.getTime() - reportedAt.getTime();
    return age < 0 || (age === 0 && RANKS.indexOf(status) < RANKS.indexOf(this.status));
  }

  private announce({ actor, at }: Attribution): void {
    const { number: refundNumber, gateway, transactionId, paymentNumber, orderNumber, origin } = this.state;
    const { caseId, reference, failure } = this.state;
    this.events.push({
      type: `refund.${this.status}`,
      at,
      actor,
      orderNumber,
      paymentNumber,
      data: {
        refundNumber,
        gateway,
        transactionId,
        amount: this.money.toJSON(),
        origin,
        ...(caseId === null ? {} : { discrepancyId: caseId }),
        ...(reference === null ? {} : { reference }),
        ...(failure === null ? {} : { failure }),
      },
    });
  }
}
