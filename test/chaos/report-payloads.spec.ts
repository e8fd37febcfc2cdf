import { expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateways } from '../../src/adapters/gateways/registry.js';
import { SIGNERS, type PlayedGateway } from '../../src/sandbox/gateways/registry.js';
import { sandboxKeys, serviceEnvironment } from '../../src/sandbox/keys.js';
import { makePlan } from '../../tools/chaos/make-plan.js';
import { callbacksOf, type PlannedCallback } from '../../tools/chaos/plan.js';
import { QUICK } from '../../tools/chaos/profiles.js';
import { signPlanned } from '../../tools/chaos/sender.js';

const dataDir = await mkdtemp(join(tmpdir(), 'reports-'));
const keys = await sandboxKeys(dataDir);
await rm(dataDir, { recursive: true });
const env = serviceEnvironment(keys, Object.keys(SIGNERS), (_name, content) => content);
const [serial, pem] = env['WECHAT_PAY_PLATFORM_KEYS']!.split(/=(.*)/s);
const gateways = new Gateways({
  stripe: { secrets: [env['STRIPE_WEBHOOK_SECRETS']], livemode: false },
  'wechat-pay': {
    merchantId: env['WECHAT_PAY_MERCHANT_ID'],
    appIds: [env['WECHAT_PAY_APP_ID']],
    apiV3Key: env['WECHAT_PAY_API_V3_KEY'],
    platformKeys: [{ serial, pem }],
  },
  alipay: {
    appIds: [env['ALIPAY_APP_ID']],
    sellerId: env['ALIPAY_SELLER_ID'],
    publicKeys: [env['ALIPAY_PUBLIC_KEYS']],
  },
  'standard-webhooks': { secrets: [env['STANDARD_WEBHOOKS_SECRETS']] },
});

const FROM = new Date('2026-11-23T16:00:00Z');

/** What the service reads in the callback. */
function read(callback: PlannedCallback) {
  const { headers, body } = signPlanned(callback, keys, FROM);
  const verified = gateways.get(callback.gateway)!.verify({ headers, body }, new Date());
  if ('rejected' in verified) throw new Error(`${callback.gateway}: ${verified.rejected}`);
  return verified.notification;
}

const planned = callbacksOf(makePlan(5, QUICK));
const at = (seconds: number): Date => new Date(FROM.getTime() + seconds * 1_000);

test.each<PlayedGateway>(['stripe', 'wechat-pay', 'alipay', 'standard-webhooks'])(
  'the service reads in a refund that %s reports what was planned',
  (gateway) => {
    const reports = planned.filter((each) => each.gateway === gateway && each.refund);
    expect(reports.length).toBeGreaterThan(5);
    for (const callback of reports) {
      const { refund } = callback;
      const notification = read(callback);
      expect(notification).toMatchObject({ transactionId: callback.transactionId, foreign: null });
      const { cumulative, status } = refund!;
      expect(notification.refund).toMatchObject({ status, at: at(refund!.atSeconds) });
      if (cumulative === null) {
        expect(notification.refund!.gatewayRefundId).toBe(refund!.id);
        expect(notification.refund!.amount!.toString()).toBe(`${callback.amount} CNY`);
      } else expect(notification.refund!.cumulative!.toString()).toBe(`${cumulative} CNY`);
    }
  },
);

test.each<PlayedGateway>(['stripe', 'standard-webhooks'])(
  'the service reads in a dispute that %s reports what was planned',
  (gateway) => {
    const reports = planned.filter((each) => each.gateway === gateway && each.dispute);
    expect(reports.length).toBeGreaterThan(5);
    for (const callback of reports) {
      const { id: disputeId, status, moneyTaken, atSeconds } = callback.dispute!;
      const notification = read(callback);
      expect(notification.transactionId).toBe(callback.transactionId);
      expect(notification.dispute).toMatchObject({ disputeId, status, moneyTaken, at: at(atSeconds) });
    }
  },
);
