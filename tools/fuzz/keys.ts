import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SandboxKeys } from '../../src/sandbox/gateways/registry.js';

/** The gateways that the fuzzer can sign hostile content for. */
export const FUZZED_GATEWAYS = ['stripe', 'wechat-pay', 'alipay', 'standard-webhooks'] as const;
export type FuzzedGateway = (typeof FUZZED_GATEWAYS)[number];
export type FuzzKeys = Pick<SandboxKeys, FuzzedGateway>;

/** Keys and time are constant, so that a seed that has failed once fails on every machine. */

const privateKey = readFileSync(path.resolve('test/gateways/fixtures/platform-key.pem'), 'utf8');

export const FIXED_KEYS: FuzzKeys = {
  stripe: { stripeSecret: 'whsec_of_the_fuzz_00000000' },
  'wechat-pay': {
    wechatPayApiV3Key: 'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb',
    wechatPaySerial: 'PUB_KEY_ID_0116000000002026112300000000001234',
    wechatPayPrivateKey: privateKey,
  },
  alipay: { alipayPrivateKey: privateKey },
  'standard-webhooks': { standardWebhooksSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
};

export const FIXED_TIME = new Date('2026-11-23T08:00:00Z');
