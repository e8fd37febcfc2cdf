/** A defect of the service, made by replacing a text in the built code. */
export interface Defect {
  readonly name: string;
  /** Below `dist`. The TypeScript source has the same text under the same name. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * Each removes the basis of one promise. The unique keys of the schema (events, transactions, a paid order) stay, so the checker
 * has to find what those keys do not prevent.
 */
export const DEFECTS: readonly Defect[] = [
  {
    name: 'the row lock is removed',
    file: 'src/adapters/postgres/row-locks.js',
    find: `.setLock('pessimistic_write')`,
    replace: '',
  },
  {
    name: 'a callback is acknowledged before the commit',
    file: 'src/adapters/http/callbacks/callback.controller.js',
    find: 'const result = await this.batcher.submit(receipt, gateway.answerWithinMs);',
    replace: `void this.batcher.submit(receipt, gateway.answerWithinMs); const result = { stored: true, outcome: 'settled', copy: false, callbackId: null };`,
  },
  {
    name: 'the duplicate check is removed',
    file: 'src/domain/settlement/success-table.js',
    find: `payment.status === 'succeeded' && payment.transactionId === notification.transactionId`,
    replace: 'false',
  },
  {
    name: 'events are written outside the transaction',
    file: 'src/adapters/postgres/repositories.js',
    find: '({ prepared }) => new PostgresEvents(prepared)',
    replace: '() => new PostgresEvents({ write: (text, values) => dataSource.query(text, [...values]) })',
  },
  {
    name: 'a retry does not check whether the callback is still undecided',
    file: 'src/application/callbacks/process-payment-success.js',
    find: 'await callbacks.lockUndecided(',
    replace: '((ids) => ids)(',
  },
  {
    name: 'the commit does not check whether a write has failed',
    file: 'src/adapters/postgres/engine/prepared-statements.js',
    find: `if (this.fault !== undefined || command !== 'COMMIT')`,
    replace: 'if (false)',
  },
  {
    name: 'a write does not look for its Idempotency-Key',
    file: 'src/application/idempotency/idempotent-write.js',
    find: 'const [repeated] = keyed ? await claimKeys([keyed], keys, at) : [];',
    replace: 'const repeated = null;',
  },
  {
    name: 'a refund of a part ends the case of the whole money',
    file: 'src/application/callbacks/refund-ledger.js',
    find: '!amounts.every((amount) => isGivenBack(amount, back))',
    replace: 'false',
  },
];

/** @throws Error that names the defect if its text is missing, or is there more than once. */
export function applyDefect({ name, file, find, replace }: Defect, code: string): string {
  const [before, after, ...more] = code.split(find);
  if (after === undefined || more.length > 0) {
    throw new Error(
      `The text of the defect "${name}" is ${after === undefined ? 'missing from' : 'more than once in'} ${file}. Update tools/chaos/defects.ts.`,
    );
  }
  return before + replace + after;
}
