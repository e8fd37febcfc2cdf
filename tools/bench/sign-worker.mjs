// Signs a range of callbacks in a worker thread, and transfers their bytes as one block. Threads are worthwhile because two of the
// gateways sign by RSA, which takes almost a millisecond for each callback.
import { createPrivateKey } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { signCallback, SIGNERS } from '../../dist/src/sandbox/gateways/registry.js';
import { sandboxKeys } from '../../dist/src/sandbox/keys.js';
import { numberOf } from './numbers.mjs';

const { gateway, dataDir, first, count } = workerData;
const signer = SIGNERS[gateway];
const keys = withParsedKeys(await sandboxKeys(dataDir));
const ends = new Uint32Array(count);
const requests = [];
let size = 0;
for (let index = 0; index < count; index++) {
  const request = requestOf(numberOf(first + index));
  requests.push(request);
  ends[index] = size += request.length;
}
const block = new Uint8Array(size);
requests.forEach((request, index) => block.set(request, ends[index] - request.length));
parentPort.postMessage({ block, ends }, [block.buffer, ends.buffer]);

/** The complete HTTP request. */
function requestOf(number) {
  const { path, headers, body } = signCallback(gateway, keys, {
    paymentNumber: number,
    transactionId: signer.transactionId(number),
    eventId: signer.eventId(number),
    amount: '100.00',
    currency: signer.defaultCurrency,
    status: 'succeeded',
    at: new Date(),
  });
  const all = { host: 'localhost', ...headers, 'content-length': body.length };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

/** A PEM text would be parsed again for each signature. */
function withParsedKeys(keys) {
  const parsed = (texts) =>
    Object.fromEntries(
      Object.entries(texts).map(([field, text]) => [
        field,
        text.startsWith('-----BEGIN') ? createPrivateKey(text) : text,
      ]),
    );
  return Object.fromEntries(Object.entries(keys).map(([gateway, texts]) => [gateway, parsed(texts)]));
}
