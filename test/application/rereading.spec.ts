import { describe, expect, test } from '@jest/globals';
import { Rereading } from '../../src/application/explain-callback.js';
import type { KeptCallback, Reading } from '../../src/application/stored-callbacks.js';
import { LearnedReader, unreadable } from './case-world.js';
import { NOW, receipt } from './callback-world.js';

const kept = (said: Partial<KeptCallback> = {}): KeptCallback => ({
  ...unreadable('pays P1'),
  id: '1',
  outcome: 'unreadable',
  attempts: 0,
  ...said,
});
const reread = (callback: KeptCallback) => new Rereading(new LearnedReader(), 'received_at').of(callback);

describe('reading a stored callback anew', () => {
  test('is for what could not be read, and brings what a later release understands', () => {
    expect(reread(kept())).toMatchObject({
      notice: { kind: 'succeeded', paymentNumber: 'P1' },
      judgedAt: new Date(NOW),
    });
  });

  test('leaves alone what was understood, though its bytes are there', () => {
    const { notice } = receipt('P2');
    expect(reread(kept({ notice }))).toBeNull();
  });

  test('cannot be where the bytes have been dropped, or say no more than before', () => {
    expect(reread(kept({ body: null }))).toBeNull();
    expect(reread(kept({ body: Buffer.from('noise') }))).toBeNull();
  });

  test('asks no reader for bytes that are not there', () => {
    const asked: unknown[] = [];
    const reader = { read: (_gateway: string, body: unknown): Reading | null => (asked.push(body), null) };
    const rereading = new Rereading(reader, 'received_at');
    expect(rereading.of(kept({ body: null }))).toBeNull();
    expect(rereading.of(kept({ notice: receipt('P2').notice }))).toBeNull();
    expect(asked).toEqual([]);
    expect(rereading.of(kept())).toBeNull();
    expect(asked).toHaveLength(1);
  });

  test('judges the time as at the receipt, by the gateway’s word where that is configured', () => {
    const paidAt = new Date(NOW - 60_000);
    const { notice, fingerprint } = receipt('P1', { paidAt });
    const reader = { read: () => ({ notice, fingerprint }) };
    expect(new Rereading(reader, 'paid_at').of(kept())!.judgedAt).toEqual(paidAt);
  });
});
