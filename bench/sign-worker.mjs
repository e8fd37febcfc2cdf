// Signs a range of callbacks in a thread of its own and hands their bytes over as one block: two of the gateways sign
// by RSA, which takes most of a millisecond for each.
import { createPrivateKey } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { developmentKeys } from '../dist/src/sandbox/development-keys.js';
import { signCallback, SIGNERS } from '../dist/src/sandbox/sign-callback.js';
import { numberOf } from './numbers.mjs';

const { gateway, dataDir, first, count } = workerData;
const signer = SIGNERS[gateway];
const keys = parsed(await developmentKeys(dataDir));
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

/** The whole request as it goes over the wire. */
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

/** Text would be parsed anew for each signature. */
function parsed({ wechatPay, alipay, ...keys }) {
  return {
    ...keys,
    wechatPay: { ...wechatPay, privateKey: createPrivateKey(wechatPay.privateKey) },
    alipay: { privateKey: createPrivateKey(alipay.privateKey) },
  };
}
