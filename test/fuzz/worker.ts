import { tryBatch, type Batch } from './batch.js';

/** A process of its own, so that two cores are used and a verifier that never ends can be ended from outside. */
process.on('message', (batch: Batch) => process.send!(tryBatch(batch)));
