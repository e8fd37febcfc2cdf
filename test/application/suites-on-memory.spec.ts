import { MemoryUnitOfWork } from './memory/unit-of-work.js';
import { NOW } from './fixtures/receipts.js';
import type { TestDatabase } from './fixtures/world.js';
import { callbackSuite } from './suites/callbacks.js';
import { disputeSuite } from './suites/disputes.js';
import { eventSuite } from './suites/events.js';
import { expiryAndRetentionSuite } from './suites/expiry-and-retention.js';
import { idempotencySuite } from './suites/idempotency.js';
import { orderAndPaymentSuite } from './suites/orders-and-payments.js';
import { ownerSuite } from './suites/owners.js';
import { placingSuite } from './suites/placing.js';
import { refundSuite } from './suites/refunds.js';
import { replaySuite } from './suites/replays.js';
import { resolutionSuite } from './suites/resolutions.js';
import { retrySuite } from './suites/retries.js';
import { transactionSuite } from './suites/transactions.js';

/** The same suites run on PostgreSQL, in `test/postgres`. */
async function openMemory(): Promise<TestDatabase> {
  const unitOfWork = new MemoryUnitOfWork({ now: () => new Date(NOW) });
  return { unitOfWork, close: () => Promise.resolve() };
}

transactionSuite('memory', openMemory);
orderAndPaymentSuite('memory', openMemory);
placingSuite('memory', openMemory);
callbackSuite('memory', openMemory);
retrySuite('memory', openMemory);
expiryAndRetentionSuite('memory', openMemory);
resolutionSuite('memory', openMemory);
replaySuite('memory', openMemory);
ownerSuite('memory', openMemory);
disputeSuite('memory', openMemory);
refundSuite('memory', openMemory);
eventSuite('memory', openMemory);
idempotencySuite('memory', openMemory);
