import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DevelopmentKeys } from '../../src/sandbox/development-keys.js';

/** Always the same, and so is the time: a seed that has failed once fails on every machine. */

const privateKey = readFileSync(path.resolve('test/gateways/fixtures/platform-key.pem'), 'utf8');
const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
const serial = 'PUB_KEY_ID_0116000000002026112300000000001234';

export const FIXED_KEYS: DevelopmentKeys = {
  settings: {
    stripe: { secrets: ['whsec_of_the_fuzz'], livemode: false },
    wechatPay: {
      merchantId: '1900000109',
      appId: 'wx8888888888888888',
      apiV3Key: 'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb',
      platformKeys: [{ serial, pem: publicKey }],
    },
    alipay: { appId: '2021000000000001', sellerId: '2088000000000001', publicKeys: [publicKey] },
    standardWebhooks: { secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] },
  },
  wechatPay: { serial, privateKey },
  alipay: { privateKey },
};

export const FIXED_TIME = new Date('2026-11-23T08:00:00Z');
