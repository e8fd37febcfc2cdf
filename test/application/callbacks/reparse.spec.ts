import { describe, expect, test } from '@jest/globals';
import type {
  ParsedNotification,
  StoredCallbackWithBody,
} from '../../../src/application/callbacks/callback-repository.js';
import { Reparser } from '../../../src/application/callbacks/reparse.js';
import { NotificationReader } from '../../../src/application/gateways/notification-reader.js';
import { NOW, receipt, unreadableReceipt } from '../fixtures/receipts.js';
import { LaterReader } from '../fixtures/world.js';

const stored = (changed: Partial<StoredCallbackWithBody> = {}): StoredCallbackWithBody => ({
  ...unreadableReceipt('pays P1'),
  id: '1',
  outcome: 'unreadable',
  attempts: 0,
  ...changed,
});
const reparse = (callback: StoredCallbackWithBody) =>
  new Reparser(new LaterReader(), 'received_at').reparse(callback);

class ScriptedReader extends NotificationReader {
  readonly bodies: Uint8Array[] = [];

  constructor(private readonly parsed: ParsedNotification | null) {
    super();
  }

  override read(_gateway: string, body: Uint8Array): ParsedNotification | null {
    this.bodies.push(body);
    return this.parsed;
  }
}

describe('parsing a stored callback again', () => {
  test('gives an unreadable callback the notification that a later release understands', () => {
    expect(reparse(stored())).toMatchObject({
      notification: { kind: 'succeeded', paymentNumber: 'P1' },
      judgedAt: new Date(NOW),
    });
  });

  test('leaves a readable callback as it is, although its body is stored', () => {
    const { notification } = receipt('P2');
    expect(reparse(stored({ notification }))).toBeNull();
  });

  test('gives nothing if the body was pruned or is still not understood', () => {
    expect(reparse(stored({ body: null }))).toBeNull();
    expect(reparse(stored({ body: Buffer.from('noise') }))).toBeNull();
  });

  test('reads no body that is missing or was understood, and gives nothing if the gateway is not configured', () => {
    const reader = new ScriptedReader(null);
    const reparser = new Reparser(reader, 'received_at');
    expect(reparser.reparse(stored({ body: null }))).toBeNull();
    expect(reparser.reparse(stored({ notification: receipt('P2').notification }))).toBeNull();
    expect(reader.bodies).toEqual([]);
    expect(reparser.reparse(stored())).toBeNull();
    expect(reader.bodies).toHaveLength(1);
  });

  test('judges the time as at the receipt: by the time of payment, if it is configured so', () => {
    const paidAt = new Date(NOW - 60_000);
    const { notification, fingerprint } = receipt('P1', { paidAt });
    const reader = new ScriptedReader({ notification, fingerprint });
    expect(new Reparser(reader, 'paid_at').reparse(stored())!.judgedAt).toEqual(paidAt);
    expect(new Reparser(reader, 'received_at').reparse(stored())!.judgedAt).toEqual(new Date(NOW));
  });
});
