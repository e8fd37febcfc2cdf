import type {
  LockedPieces,
  PieceRepository,
  StoredMoneyCase,
  StoredPiece,
} from '../../application/cases/piece-repository.js';
import { transactionKey, type TransactionRef } from '../../application/payments/payment-repository.js';
import type { LockMode } from '../../application/transaction.js';
import { amountsOf, chargedOf, MONEY_BACK, type CaseDetails } from '../../domain/cases/case.js';
import type { KnownDispute } from '../../domain/cases/dispute-cases.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import { Money } from '../../domain/money.js';
import type { RefundState } from '../../domain/refunds/refund.js';
import type { RefundTotal } from '../../domain/refunds/total.js';
import { disputeFrom, STORED_DISPUTE, type StoredDispute } from './disputes.js';
import type { PreparedSql } from './engine/sql.js';

/** The class of the advisory locks on pieces of money. Those on payment numbers and the others have other ones. */
const PIECES = 5;

/** More cases than a piece of money has, unless a gateway names it for ever new payments. The open one is the newest. */
const CASES_LIMIT = 100;
/** More refunds than any gateway allows for one payment. */
const REFUNDS_LIMIT = 1_000;
/** More disputes than any network allows for one payment. */
const DISPUTES_LIMIT = 100;

const ASKED = `json_to_recordset($1) AS asked (gateway text, "transactionId" text)`;
const LOCK_KEY = `hashtext(gateway || ' ' || "transactionId")`;

/** The dispute is a row of `of_piece`. The transaction has few cases. */
const CASES_OF_DISPUTE = `(
  SELECT coalesce(json_agg(json_build_object('id', about.id::text, 'kind', about.kind, 'isOpen', about.status = 'open') ORDER BY about.id), '[]')
    FROM discrepancies AS about
   WHERE about.transaction_id = of_piece.transaction_id
     AND (about.gateway = of_piece.gateway AND about.details->>'disputeId' = of_piece.dispute_id) IS TRUE)`;

/** Each part is looked up by itself with a limit, because a join may be planned as a walk along a whole index. */
const FIND = `SELECT asked.gateway, asked."transactionId", settled.number AS "settledNumber", owned.cases, gone.refunds, named.total, claimed.disputes
  FROM ${ASKED}
  LEFT JOIN LATERAL (
       SELECT payment_number AS number FROM settled_transactions
        WHERE settled_transactions.transaction_id = asked."transactionId" AND settled_transactions.gateway = asked.gateway LIMIT 1) AS settled ON true
  LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('id', id, 'kind', kind, 'isOpen', status = 'open', 'paymentNumber', payment_number,
                                         'paid', details->'paid', 'amounts', details->'amounts', 'charged', details->'charged', 'endedBy', ended_by->>'by',
                                         'attached', resolution = 'attach', 'reason', details->'reason') ORDER BY id DESC) AS cases
         FROM (SELECT * FROM discrepancies
                WHERE discrepancies.transaction_id = asked."transactionId" AND (discrepancies.gateway = asked.gateway AND money) IS TRUE
                ORDER BY discrepancies.transaction_id DESC, id DESC LIMIT ${CASES_LIMIT}) AS of_piece) AS owned ON true
  LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('number', number, 'paymentNumber', payment_number, 'orderNumber', order_number,
                                         'caseId', discrepancy_id::text, 'amount', amount::text, 'currency', currency, 'origin', origin,
                                         'status', status, 'gatewayRefundId', gateway_refund_id, 'reference', reference, 'reason', reason,
                                         'reportedAt', reported_at, 'failure', failure, 'waiting', waiting, 'unnamed', unnamed)) AS refunds
         FROM (SELECT * FROM refunds WHERE refunds.transaction_id = asked."transactionId" AND refunds.gateway = asked.gateway
                LIMIT ${REFUNDS_LIMIT}) AS of_piece) AS gone ON true
  LEFT JOIN LATERAL (
       -- A sum over zero has refunds beside it, so pieces without refunds are not looked up.
       SELECT json_build_object('amount', amount::text, 'currency', currency, 'reportedAt', reported_at, 'belowSince', below_since) AS total
         FROM refund_totals
        WHERE refund_totals.transaction_id = asked."transactionId" AND refund_totals.gateway = asked.gateway AND gone.refunds IS NOT NULL
        LIMIT 1) AS named ON true
  LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('state', ${STORED_DISPUTE}, 'cases', ${CASES_OF_DISPUTE}) ORDER BY id) AS disputes
         FROM (SELECT * FROM disputes WHERE disputes.transaction_id = asked."transactionId" AND disputes.gateway = asked.gateway
                LIMIT ${DISPUTES_LIMIT}) AS of_piece) AS claimed ON true
 WHERE settled.number IS NOT NULL OR owned.cases IS NOT NULL OR gone.refunds IS NOT NULL OR claimed.disputes IS NOT NULL`;

interface CaseOfPiece {
  readonly id: number;
  readonly kind: CaseKind;
  readonly isOpen: boolean;
  readonly paymentNumber: string | null;
  readonly paid: CaseDetails['paid'];
  readonly amounts: CaseDetails['amounts'];
  readonly charged: CaseDetails['charged'];
  readonly endedBy: EndedBy['by'] | null;
  readonly attached: boolean | null;
  readonly reason: CaseDetails['reason'];
}

interface RefundOfPiece extends Omit<RefundState, 'gateway' | 'transactionId' | 'money' | 'reportedAt'> {
  readonly amount: string;
  readonly currency: string;
  readonly reportedAt: string | null;
}

interface TotalOfPiece {
  readonly amount: string;
  readonly currency: string;
  readonly reportedAt: string | null;
  readonly belowSince: string | null;
}

interface PieceRow {
  readonly gateway: string;
  readonly transactionId: string;
  readonly settledNumber: string | null;
  readonly cases: readonly CaseOfPiece[] | null;
  readonly refunds: readonly RefundOfPiece[] | null;
  readonly total: TotalOfPiece | null;
  readonly disputes: readonly { state: StoredDispute; cases: KnownDispute['cases'] }[] | null;
}

export class PostgresPieces implements PieceRepository {
  constructor(private readonly sql: PreparedSql) {}

  async lock(pieces: readonly TransactionRef[], mode: LockMode): Promise<LockedPieces> {
    // The second statement travels with the first. It sees what the transactions have committed that had locked the pieces before.
    const [contended, known] = await Promise.all([this.take(pieces, mode), this.find(pieces)]);
    return { known, contended };
  }

  async find(pieces: readonly TransactionRef[]): Promise<LockedPieces['known']> {
    return findPieces(this.sql, pieces);
  }

  /** Returns the pieces that another transaction has locked. Only in mode `skip` there are any. */
  private async take(pieces: readonly TransactionRef[], mode: LockMode): Promise<ReadonlySet<string>> {
    const names = JSON.stringify(pieces);
    if (mode === 'wait') {
      // In one order, so that no two transactions wait for each other.
      const sorted = `SELECT DISTINCT ${LOCK_KEY} AS key FROM ${ASKED} ORDER BY key`;
      await this.sql.query(`SELECT pg_advisory_xact_lock(${PIECES}, key) FROM (${sorted}) AS keys`, [names]);
      return NONE;
    }
    const rows = await this.sql.query<TransactionRef>(
      `SELECT gateway, "transactionId" FROM ${ASKED} WHERE NOT pg_try_advisory_xact_lock(${PIECES}, ${LOCK_KEY})`,
      [names],
    );
    return rows.length ? new Set(rows.map((row) => transactionKey(row.gateway, row.transactionId))) : NONE;
  }
}

/** As last committed. */
export async function findPieces(
  sql: Pick<PreparedSql, 'query'>,
  pieces: readonly TransactionRef[],
): Promise<LockedPieces['known']> {
  const rows = await sql.query<PieceRow>(FIND, [JSON.stringify(pieces)]);
  return new Map(rows.map((row) => [transactionKey(row.gateway, row.transactionId), pieceFrom(row)]));
}

const NONE: ReadonlySet<string> = new Set();

function pieceFrom({
  gateway,
  transactionId,
  settledNumber,
  cases,
  refunds,
  total,
  ...row
}: PieceRow): StoredPiece {
  const all = cases?.map(caseFrom) ?? [];
  return {
    settledNumber,
    openCase: all.find(({ endedBy }) => endedBy === null) ?? null,
    endedCases: all.filter(({ endedBy }) => endedBy !== null),
    refunds: refunds?.map((row) => refundFrom(row, { gateway, transactionId })) ?? [],
    total: total && totalFrom(total),
    disputes:
      row.disputes?.map(({ state, cases: about }) => ({ state: disputeFrom(state), cases: about })) ?? [],
    came: null,
  };
}

function refundFrom(
  { amount, currency, reportedAt, ...row }: RefundOfPiece,
  piece: TransactionRef,
): Readonly<RefundState> {
  return { ...row, ...piece, money: Money.ofSum(amount, currency), reportedAt: dateOf(reportedAt) };
}

function totalFrom({ amount, currency, reportedAt, belowSince }: TotalOfPiece): RefundTotal {
  const times = { reportedAt: dateOf(reportedAt), belowSince: dateOf(belowSince) };
  return { money: Money.ofSum(amount, currency), ...times };
}

/** Times inside JSON come as text. */
const dateOf = (time: string | null): Date | null => (time === null ? null : new Date(time));

function caseFrom({
  id,
  kind,
  isOpen,
  paymentNumber,
  paid,
  amounts,
  charged,
  ...row
}: CaseOfPiece): StoredMoneyCase {
  const details = { paid: paid ?? null, charged: charged ?? null, ...(amounts && { amounts }) };
  const endedBy = isOpen ? null : (row.endedBy ?? 'decision');
  return {
    id: `${id}`,
    kind,
    paymentNumber,
    amounts: amountsOf(details),
    charged: chargedOf(details),
    endedBy,
    attached: row.attached === true,
    moneyBack: row.reason === MONEY_BACK,
  };
}
