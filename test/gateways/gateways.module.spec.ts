import { describe, expect, test } from '@jest/globals';
import { GATEWAYS, Gateways } from '../../src/adapters/gateways/registry.js';
import { NotificationReader } from '../../src/application/gateways/notification-reader.js';
import { GatewaysModule } from '../../src/composition/gateways.module.js';
import { SETTINGS } from './official.js';

const gateways = new Gateways(SETTINGS);

test('every gateway with settings is found by the name in its path, and no other name is', () => {
  const named = GATEWAYS.map(({ name }) => name).filter((name) => name in SETTINGS);
  expect(gateways.names).toEqual(named);
  expect(named.length).toBe(Object.keys(SETTINGS).length);
  expect(gateways.names.map((name) => gateways.get(name)?.name)).toEqual(gateways.names);
  for (const name of ['wechatPay', 'paypal', '', '__proto__', 'constructor'])
    expect(gateways.get(name)).toBeUndefined();
});

test('a gateway without settings is off', () => {
  const { stripe } = SETTINGS;
  expect(new Gateways({ stripe }).names).toEqual(['stripe']);
  expect(new Gateways({}).names).toEqual([]);
});

test('settings of a gateway that is not registered stop the start', () => {
  const start = (): unknown => new Gateways({ paypal: {} });
  expect(start).toThrow('settings for "paypal", which is not a gateway of this process');
});

test('a gateway whose name differs from its definition stops the start', () => {
  const [stripe] = GATEWAYS;
  const renamed = { ...stripe!, name: 'strip' };
  const start = (): unknown => new Gateways({ strip: SETTINGS.stripe }, [renamed]);
  expect(start).toThrow('The gateway "strip" calls itself "stripe"');
});

test('a gateway that waits less than three seconds for its answer stops the start', () => {
  const [stripe] = GATEWAYS;
  const hasty = {
    ...stripe!,
    create: (settings: object) => Object.assign(stripe!.create(settings), { answerWithinMs: 2_999 }),
  };
  const start = (): unknown => new Gateways({ stripe: SETTINGS.stripe }, [hasty]);
  expect(start).toThrow('The gateway "stripe" declares an answerWithinMs of 2999; it must be at least 3000');
});

test('a key that cannot be used stops the start', () => {
  const start = (): unknown => new Gateways({ ...SETTINGS, stripe: { secrets: [''], livemode: true } });
  expect(start).toThrow('STRIPE_WEBHOOK_SECRETS');
});

test('the module provides the gateways, and the reader of stored bodies', () => {
  expect(GatewaysModule.with(SETTINGS, GATEWAYS)).toMatchObject({
    module: GatewaysModule,
    exports: [Gateways, NotificationReader],
  });
});

test('every gateway is answered within the five seconds that WeChat Pay documents', () => {
  const limits = gateways.names.map((name) => gateways.get(name)!.answerWithinMs);
  expect(limits).toEqual([5_000, 5_000, 5_000, 5_000]);
});

describe('each gateway gets the answers that it expects', () => {
  const json = 'application/json';
  const plain = 'text/plain';
  test.each([
    ['stripe', 'stored', { status: 200, type: json, body: '{"received":true}' }],
    ['stripe', 'rejected', { status: 401 }],
    ['stripe', 'malformed', { status: 400 }],
    ['stripe', 'unavailable', { status: 503 }],
    ['wechat-pay', 'stored', { status: 204 }],
    [
      'wechat-pay',
      'rejected',
      { status: 401, type: json, body: expect.stringMatching(/^{"code":"FAIL","message":".+"}$/) },
    ],
    [
      'wechat-pay',
      'malformed',
      { status: 400, type: json, body: expect.stringMatching(/^{"code":"FAIL","message":".+"}$/) },
    ],
    [
      'wechat-pay',
      'unavailable',
      { status: 503, type: json, body: expect.stringMatching(/^{"code":"FAIL","message":".+"}$/) },
    ],
    ['alipay', 'stored', { status: 200, type: plain, body: 'success' }],
    ['alipay', 'rejected', { status: 401, type: plain, body: 'fail' }],
    ['alipay', 'malformed', { status: 400, type: plain, body: 'fail' }],
    ['alipay', 'unavailable', { status: 503, type: plain, body: 'fail' }],
    ['standard-webhooks', 'stored', { status: 200, type: json, body: '{"received":true}' }],
    ['standard-webhooks', 'rejected', { status: 401 }],
    ['standard-webhooks', 'malformed', { status: 400 }],
    ['standard-webhooks', 'unavailable', { status: 503 }],
  ] as const)('%s, %s', (name, reply, expected) => {
    expect(gateways.get(name)?.replies[reply]).toMatchObject(expected);
  });

  test('WeChat Pay’s acknowledgement is empty', () => {
    expect(gateways.get('wechat-pay')?.replies.stored).not.toHaveProperty('body');
  });
});
