import type { Attribution } from '../attribution.js';
import type { DisputeReport, DisputeStatus } from '../callbacks/notification.js';
import type { DomainEvent } from '../event.js';
import type { Amount, Money } from '../money.js';

/** Of two reports with the same time the later one of these holds. A lost dispute costs money, so it comes last. */
const RANKS: readonly DisputeStatus[] = [
  'inquiry',
  'needs_response',
  'under_review',
  'closed',
  'won',
  'lost',
];

/** The shop has to answer. */
export const AWAITS_SHOP: readonly DisputeStatus[] = ['inquiry', 'needs_response'];
export const OPEN_STATUSES: readonly DisputeStatus[] = [...AWAITS_SHOP, 'under_review'];
/** While the bank decides about the money, a refund would give it back a second time. An inquiry may be answered with a refund. */
const FORBIDS_REFUND: readonly DisputeStatus[] = ['needs_response', 'under_review'];

/** What was learned by one report: something new, nothing because it is a repeat, or nothing because it is older than what is known. */
export type Learned = 'changed' | 'duplicate' | 'stale';

/** The payment that has the money, or for which it came, and its order. Null where it is not known. */
export interface DisputedPayment {
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
}

/** Which piece of money the customer disputes. */
export interface DisputeTerms extends DisputedPayment {
  readonly gateway: string;
  /** The gateway's id of the dispute. */
  readonly disputeId: string;
  /** The gateway's id of the piece of money. */
  readonly transactionId: string;
  /** Its money is not known here yet: no success, no case. */
  readonly waiting: boolean;
}

/** Who says so, and the callback that has said it. */
export interface ReportedBy extends Attribution {
  readonly callbackId: string | null;
}

export interface DisputeState extends DisputeTerms {
  /** The newest callback that has changed it. */
  readonly callbackId: string | null;
  /** What is disputed, which may be another amount than the piece. Null if no report has named it. */
  readonly money: Money | null;
  /** In the gateway's words. */
  readonly reason: string | null;
  readonly status: DisputeStatus;
  /** Until when the shop can answer. */
  readonly dueBy: Date | null;
  /** The gateway holds the money now. */
  readonly moneyTaken: boolean;
  /** The gateway's time of the newest report. */
  readonly reportedAt: Date | null;
  /** The gateway's time of the newest report that has said a status. */
  readonly statusReportedAt: Date | null;
  /** The gateway's time of the newest report that has said whether the money is taken. */
  readonly moneyReportedAt: Date | null;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
}

export type DisputeEvent = DomainEvent<
  'dispute.opened' | 'dispute.updated' | 'dispute.closed',
  {
    readonly disputeId: string;
    readonly gateway: string;
    readonly transactionId: string;
    /** What is disputed; null if no report has named it. */
    readonly amount: Amount | null;
    readonly status: DisputeStatus;
    readonly dueBy: string | null;
    readonly moneyTaken: boolean;
  }
>;

const isOpen = (status: DisputeStatus): boolean => OPEN_STATUSES.includes(status);

/** The fields that people and subscribers see. The others only order the reports. */
const SHOWN = ['money', 'reason', 'status', 'dueBy', 'moneyTaken'] as const satisfies (keyof DisputeState)[];

/** A customer demands the money back through the bank, or asks about it. */
export class Dispute {
  readonly events: DisputeEvent[] = [];

  /** Rebuilds a stored dispute. `open` makes a new one. */
  constructor(private state: DisputeState) {}

  /** A dispute that was not known before, as the report describes it. Without a known status it is taken for one that awaits the shop. */
  static open(terms: DisputeTerms, report: DisputeReport, by: ReportedBy): Dispute {
    const { at, callbackId } = by;
    const unsaid = { reportedAt: null, statusReportedAt: null, moneyReportedAt: null, closedAt: null };
    const empty = { money: null, reason: null, dueBy: null, moneyTaken: false, ...unsaid };
    const first = { status: report.status ?? 'needs_response', openedAt: at, callbackId };
    const dispute = new Dispute({ ...terms, ...empty, ...first });
    dispute.apply(report, at);
    dispute.announce('dispute.opened', by);
    if (dispute.isClosed) dispute.announce('dispute.closed', by);
    return dispute;
  }

  /** A copy of what is to be stored. */
  get stored(): DisputeState {
    return { ...this.state };
  }
  get status(): DisputeStatus {
    return this.state.status;
  }
  get isClosed(): boolean {
    return !isOpen(this.state.status);
  }

  /**
   * Applies a report in the order of the gateway's time. The status follows the newest report that names one: of two with the same time,
   * or without a time, the one with the higher rank, so a late report does not open a closed dispute again. Whether the money is taken
   * follows the newest report that says so, whatever its status is.
   */
  learn(report: DisputeReport, by: ReportedBy): Learned {
    const before = this.state;
    this.apply(report, by.at);
    if (SHOWN.every((name) => isSame(before[name], this.state[name])))
      return ageOf(report, before.reportedAt) < 0 ? 'stale' : 'duplicate';
    const hasClosed = this.isClosed && this.state.status !== before.status;
    this.state = { ...this.state, callbackId: by.callbackId };
    this.announce(hasClosed ? 'dispute.closed' : 'dispute.updated', by);
    return 'changed';
  }

  /** Its money is known now, or has a payment now. */
  arrive({ paymentNumber, orderNumber }: DisputedPayment, attribution: Attribution): void {
    this.state = { ...this.state, paymentNumber, orderNumber, waiting: false };
    this.announce('dispute.updated', attribution);
  }

  private apply(report: DisputeReport, at: Date): void {
    const before = this.state;
    const status = newStatus(before, report);
    const closedAt = isOpen(before.status) ? at : (before.closedAt ?? at);
    this.state = {
      ...before,
      ...newFacts(before, report),
      ...newMoney(before, report),
      status,
      reportedAt: laterOf(before.reportedAt, report.at),
      statusReportedAt:
        report.status === null ? before.statusReportedAt : laterOf(before.statusReportedAt, report.at),
      closedAt: isOpen(status) ? null : closedAt,
    };
  }

  private announce(type: DisputeEvent['type'], { actor, at }: Attribution): void {
    const { disputeId, gateway, transactionId, paymentNumber, orderNumber, money, dueBy } = this.state;
    const { status, moneyTaken } = this.state;
    this.events.push({
      type,
      at,
      actor,
      orderNumber,
      paymentNumber,
      data: {
        disputeId,
        gateway,
        transactionId,
        amount: money?.toJSON() ?? null,
        status,
        dueBy: dueBy?.toISOString() ?? null,
        moneyTaken,
      },
    });
  }
}

function newStatus({ status, statusReportedAt }: DisputeState, report: DisputeReport): DisputeStatus {
  if (report.status === null) return status;
  const isHigher = RANKS.indexOf(report.status) > RANKS.indexOf(status);
  // Nobody knows the time of what is stored, or the status was assumed.
  if (statusReportedAt === null && report.at !== null)
    return isHigher || isOpen(status) ? report.status : status;
  const age = ageOf(report, statusReportedAt);
  if (age !== 0) return age > 0 ? report.status : status;
  return isHigher ? report.status : status;
}

function newFacts(
  before: DisputeState,
  report: DisputeReport,
): Pick<DisputeState, 'money' | 'reason' | 'dueBy'> {
  const { money, reason, dueBy } = before;
  const known = { money, reason, dueBy };
  const said = { money: report.amount, reason: report.reason, dueBy: report.dueBy };
  // An older report only adds what no other has said.
  const [first, second] = isOutdated(before, report) ? [known, said] : [said, known];
  return {
    money: first.money ?? second.money,
    reason: first.reason ?? second.reason,
    dueBy: first.dueBy ?? second.dueBy,
  };
}

function isOutdated({ reportedAt, status }: DisputeState, report: DisputeReport): boolean {
  const age = ageOf(report, reportedAt);
  return age < 0 || (age === 0 && isLowerThan(status, report));
}

const isLowerThan = (status: DisputeStatus, report: DisputeReport): boolean =>
  report.status !== null && RANKS.indexOf(report.status) < RANKS.indexOf(status);

function newMoney(
  before: DisputeState,
  report: DisputeReport,
): Pick<DisputeState, 'moneyTaken' | 'moneyReportedAt'> {
  const { moneyTaken, moneyReportedAt, status } = before;
  const known = { moneyTaken, moneyReportedAt };
  if (report.moneyTaken === null) return known;
  const said = { moneyTaken: report.moneyTaken, moneyReportedAt: laterOf(moneyReportedAt, report.at) };
  if (report.at === null) return isLowerThan(status, report) ? known : said;
  if (moneyReportedAt === null) return said;
  const age = ageOf(report, moneyReportedAt);
  // Money is taken before it is given back, so of two reports with the same time the second step holds.
  return age < 0 || (age === 0 && report.moneyTaken) ? known : said;
}

/** Negative if the report is older than that time. A report without a time is as old as the newest. */
const ageOf = ({ at }: DisputeReport, known: Date | null): number =>
  at === null || known === null ? 0 : at.getTime() - known.getTime();

function laterOf(known: Date | null, said: Date | null): Date | null {
  if (known === null || said === null) return known ?? said;
  return said > known ? said : known;
}

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

/** What disputes have taken of a piece of money and not given back. Null stands for an amount that no report has named. */
export const takenBy = (disputes: readonly Pick<DisputeState, 'moneyTaken' | 'money'>[]): (Money | null)[] =>
  disputes.flatMap(({ moneyTaken, money }) => (moneyTaken ? [money] : []));

/** The dispute because of which the money cannot be refunded now; null if none hinders it. */
export const disputeAgainstRefund = <Known extends Pick<DisputeState, 'status'>>(
  disputes: readonly Known[],
): Known | null => disputes.find(({ status }) => FORBIDS_REFUND.includes(status)) ?? null;
