import { ExplainCallback, Rereading } from '../../src/application/explain-callback.js';
import type { Receipt } from '../../src/application/ports.js';
import { ProcessPaymentSuccess } from '../../src/application/process-payment-success.js';
import type { DiscrepancyDetail, DiscrepancyView } from '../../src/application/queries.js';
import { RecordNotice } from '../../src/application/record-notice.js';
import { ReplayCallback } from '../../src/application/replay-callback.js';
import {
  noteDiscrepancy,
  resolveDiscrepancy,
  type AskedResolution,
} from '../../src/application/resolve-discrepancy.js';
import { NoticeReader, type Reading } from '../../src/application/stored-callbacks.js';
import type { Outcome } from '../../src/domain/notice.js';
import type { Deed } from '../../src/domain/order.js';
import type { Resolution } from '../../src/domain/resolution.js';
import { NOW, receipt, World } from './callback-world.js';
import { addOne } from './memory-inbox.js';

export const LATE = new Date(NOW + 1_800_001);
export const deedOf = (name: string): Deed => ({ actor: `admin:${name}`, at: new Date(NOW + 3_600_000) });

/** A gateway whose bytes a later release has learned to read: they name a payment, all else is as usual. */
export class LearnedReader extends NoticeReader {
  override read(gateway: string, body: Uint8Array): Reading | null {
    const text = Buffer.from(body).toString();
    const { notice, fingerprint } = text.startsWith('pays ')
      ? receipt(text.slice('pays '.length))
      : unreadable(text);
    return { notice: { ...notice, gateway }, fingerprint };
  }
}

export function unreadable(text: string): Receipt {
  const nothing = { paymentNumber: null, transactionId: null, money: null };
  const blank = receipt(text, { ...nothing, kind: 'unreadable', reason: 'no such field' });
  return { ...blank, fingerprint: text, body: Buffer.from(text) };
}

/** What operators do to what has come in. */
export class CaseWorld extends World {
  private readonly rereading = new Rereading(new LearnedReader(), 'received_at');
  private readonly replayCallback = new ReplayCallback(
    new ProcessPaymentSuccess(),
    new RecordNotice(),
    this.rereading,
  );
  private readonly explainCallback = new ExplainCallback(this.rereading);

  /** The callback's id. */
  async received(said: Receipt): Promise<string> {
    return (await this.receive([said]))[0]!.callbackId;
  }

  /** A callback that is stored and was not decided, or given up. */
  async stored(said: Receipt, outcome: Outcome = 'pending'): Promise<string> {
    const { unitOfWork } = this.stores;
    return unitOfWork.run(async ({ callbacks, discrepancies }) => {
      const at = new Date(NOW);
      const id = await addOne(callbacks, { receipt: said, outcome, at, deliveries: 1 });
      const { gateway, paymentNumber, transactionId } = said.notice;
      const money = { gateway, paymentNumber, transactionId, orderNumber: null, details: {} };
      if (outcome === 'undeliverable')
        await discrepancies.open([{ kind: outcome, ...money, callbackId: id }], at);
      return id;
    });
  }

  replay = (id: string) =>
    this.stores.unitOfWork.run((stores) => this.replayCallback.execute(stores, id, deedOf('otto')));
  explain = (id: string) => this.stores.unitOfWork.run((stores) => this.explainCallback.execute(stores, id));
  timeline = (paymentNumber: string) =>
    this.stores.unitOfWork.run(({ queries }) => queries.timeline(paymentNumber));
  callback = (id: string) => this.stores.unitOfWork.run(({ queries }) => queries.callback(id));

  async cases(paymentNumber: string): Promise<readonly DiscrepancyView[]> {
    const page = { limit: 50, before: null };
    return (await this.stores.unitOfWork.run(({ queries }) => queries.discrepancies({ paymentNumber }, page)))
      .items;
  }

  async openCase(paymentNumber: string): Promise<DiscrepancyView> {
    const open = (await this.cases(paymentNumber)).filter(({ status }) => status === 'open');
    if (open.length !== 1) throw new Error(`${open.length} open cases`);
    return open[0]!;
  }

  resolve(
    { id }: { readonly id: string },
    resolution: Resolution,
    { by = 'otto', ...other }: Partial<AskedResolution> & { by?: string } = {},
  ) {
    const asked = { id, resolution, note: 'seen and decided', reference: null, ...other };
    return this.stores.unitOfWork.run((stores) => resolveDiscrepancy(stores, asked, deedOf(by)));
  }

  note = (
    { id }: { readonly id: string },
    note: string,
  ): Promise<DiscrepancyDetail | 'discrepancy_unknown'> =>
    this.stores.unitOfWork.run((stores) => noteDiscrepancy(stores, { id, note }, deedOf('vera')));
}
