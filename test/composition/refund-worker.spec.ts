import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { RefundWorker } from '../../src/adapters/workers/refund-worker.js';
import { OpenWaitingCases } from '../../src/application/disputes/open-waiting-cases.js';
import { OpenOverdueCases } from '../../src/application/refunds/open-overdue-cases.js';
import { RecordOldReports } from '../../src/application/refunds/record-old-reports.js';
import { memoryWorld } from '../application/fixtures/memory-world.js';
import { disputeReport, freshNumber, NOW, receipt, refundReceipt } from '../application/fixtures/receipts.js';
import { LaterReader } from '../application/fixtures/world.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a refund and a dispute whose money has not come for ten minutes have a case within a minute, and none opens after the stop', async () => {
  const { memory, world } = memoryWorld();
  const stores = [memory, world.clock] as const;
  const worker = new RefundWorker(
    new OpenOverdueCases(...stores),
    new OpenWaitingCases(...stores),
    new RecordOldReports(memory, new LaterReader(), world.clock),
  );
  const waiting = async () => {
    const paymentNumber = freshNumber();
    await world.receive(refundReceipt(paymentNumber));
    const dispute = { kind: 'dispute', dispute: disputeReport(freshNumber()) } as const;
    await world.receive(receipt(paymentNumber, dispute));
    return paymentNumber;
  };
  const early = await waiting();
  worker.onApplicationBootstrap();
  world.clock.at = NOW + 601_000;
  await jest.advanceTimersByTimeAsync(60_000);
  await worker.beforeApplicationShutdown();
  expect((await world.state(early)).cases).toEqual(['unmatched open', 'unmatched open']);

  const late = await waiting();
  world.clock.at = NOW + 1_802_000;
  await jest.advanceTimersByTimeAsync(600_000);
  expect((await world.state(late)).cases).toEqual([]);
});
