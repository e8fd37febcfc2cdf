import { type Batch, runBatch } from './batch.js';

/** A separate process, so that two cores are used and a verifier that never ends can be killed. */
process.on('message', (batch: Batch) => process.send!(runBatch(batch)));
