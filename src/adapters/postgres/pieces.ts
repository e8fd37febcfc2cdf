import type {
  LockedPieces,
  PieceRepository,
  StoredMoneyCase,
  StoredPiece,
} from '../../application/cases/piece-repository.js';
import { transactionKey, type TransactionRef } from '../../application/payments/payment-repository.js';
import type { LockMode } from '../../application/transaction.js';
import { amountsOf, type CaseDetails } from '../../domain/cases/case.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import { Money } from '../../domain/money.js';
import { NOTHING_BACK } from '../../domain/refunds/piece.js';
import type { RefundStatus } from '../../domain/refunds/refund.js';
import type { PreparedSql } from './engine/sql.js';

/** The class of the advisory locks on pieces of money. Those on payment numbers and the others have other ones. */
const PIECES = 5;

/** More cases than a piece of money has, unless a gateway names it for ever new payments. The open one is the newest. */
const CASES_LIMIT = 100;
/** More refunds than any gateway allows for one payment. */
const REFUNDS_LIMIT = 1_000;

const ASKED = `json_to_recordset($1) AS asked (gateway text, "transactionId" text)`;
const LOCK_KEY = `hashtext(gateway || ' ' || "transactionId")`;

/** Each part is looked up by itself with a limit, because a join may be planned as a walk along a whole index. */
const FIND = `SELECT asked.gateway, asked."transactionId", settled.number AS "settledNumber", owned.cases, gone.refunds
  FROM ${ASKED}
  LEFT JOIN LATERAL (
       SELECT payment_number AS number FROM settled_transactions
        WHERE settled_transactions.transaction_id = asked."transactionId" AND settled_transactions.gateway = asked.gateway LIMIT 1) AS settled ON true
  LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('id', id, 'kind', kind, 'isOpen', status = 'open', 'paymentNumber', payment_number,
                                         'paid', details->'paid', 'amounts', details->'amounts', 'endedBy', ended_by->>'by',
                                         'attached', resolution = 'attach') ORDER BY id DESC) AS cases
         FROM (SELECT * FROM discrepancies
                WHERE discrepancies.transaction_id = asked."transactionId" AND (discrepancies.gateway = asked.gateway AND money) IS TRUE
                ORDER BY discrepancies.transaction_id DESC, id DESC LIMIT ${CASES_LIMIT}) AS of_piece) AS owned ON true
  LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('status', status, 'amount', amount::text, 'currency', currency, 'reference', reference)) AS refunds
         FROM (SELECT * FROM refunds WHERE refunds.transaction_id = asked."transactionId" AND refunds.gateway = asked.gateway
                LIMIT ${REFUNDS_LIMIT}) AS of_piece) AS gone ON true
 WHERE settled.number IS NOT NULL OR owned.cases IS NOT NULL OR gone.refunds IS NOT NULL`;

interface CaseOfPiece {
  readonly id: number;
  readonly kind: CaseKind;
  readonly isOpen: boolean;
  readonly paymentNumber: string | null;
  readonly paid: CaseDetails['paid'];
  readonly amounts: CaseDetails['amounts'];
  readonly endedBy: EndedBy['by'] | null;
  readonly attached: boolean | null;
}

interface PieceRow {
  readonly gateway: string;
  readonly transactionId: string;
  readonly settledNumber: string | null;
  readonly cases: readonly CaseOfPiece[] | null;
  readonly refunds:
    readonly { status: RefundStatus; amount: string; currency: string; reference: string | null }[] | null;
}

export class PostgresPieces implements PieceRepository {
  constructor(private readonly sql: PreparedSql) {}

  async lock(pieces: readonly TransactionRef[], mode: LockMode): Promise<LockedPieces> {
    // The second statement travels with the first. It sees what the transactions have committed that had locked the pieces before.
    const [contended, known] = await Promise.all([this.take(pieces, mode), this.find(pieces)]);
    return { known, contended };
  }

  async find(pieces: readonly TransactionRef[]): Promise<LockedPieces['known']> {
    const rows = await this.sql.query<PieceRow>(FIND, [JSON.stringify(pieces)]);
    return new Map(rows.map((row) => [transactionKey(row.gateway, row.transactionId), pieceFrom(row)]));
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

const NONE: ReadonlySet<string> = new Set();

function pieceFrom({ settledNumber, cases, refunds }: PieceRow): StoredPiece {
  const all = cases?.map(caseFrom) ?? [];
  const parts = refunds?.map(({ status, amount, currency, reference }) => ({
    status,
    money: Money.of(amount, currency),
    reference,
  }));
  return {
    settledNumber,
    openCase: all.find(({ endedBy }) => endedBy === null) ?? null,
    endedCases: all.filter(({ endedBy }) => endedBy !== null),
    back: parts ? { ...NOTHING_BACK, refunds: parts } : NOTHING_BACK,
  };
}

function caseFrom({ id, kind, isOpen, paymentNumber, paid, amounts, ...row }: CaseOfPiece): StoredMoneyCase {
  const details = { paid: paid ?? null, ...(amounts && { amounts }) };
  const endedBy = isOpen ? null : (row.endedBy ?? 'decision');
  return {
    id: `${id}`,
    kind,
    paymentNumber,
    amounts: amountsOf(details),
    endedBy,
    attached: row.attached === true,
  };
}
