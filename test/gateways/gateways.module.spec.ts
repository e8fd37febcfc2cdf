import { describe, expect, test } from '@jest/globals';
import { Gateways, GatewaysModule } from '../../src/adapters/gateways/gateways.module.js';
import { NoticeReader } from '../../src/application/stored-callbacks.js';
import { SETTINGS } from './official.js';

const gateways = new Gateways(SETTINGS);

test('every gateway with settings is found by the name in its path, and no other name is', () => {
  expect(gateways.names).toEqual(['stripe', 'wechat-pay', 'alipay', 'standard-webhooks']);
  expect(gateways.names.map((name) => gateways.get(name)?.name)).toEqual(gateways.names);
  for (const name of ['wechatPay', 'paypal', '', '__proto__', 'constructor'])
    expect(gateways.get(name)).toBeUndefined();
});

test('a gateway without settings is off', () => {
  const { stripe } = SETTINGS;
  expect(new Gateways({ stripe, alipay: undefined }).names).toEqual(['stripe']);
  expect(new Gateways({}).names).toEqual([]);
});

test('a key that cannot be used stops the start', () => {
  const start = (): unknown => new Gateways({ ...SETTINGS, stripe: { secrets: [''], livemode: true } });
  expect(start).toThrow('STRIPE_WEBHOOK_SECRETS');
});

test('the module hands out the one lookup, and the reader of what is stored', () => {
  expect(GatewaysModule.with(SETTINGS)).toMatchObject({
    module: GatewaysModule,
    exports: [Gateways, NoticeReader],
  });
});

describe('each gateway hears what it takes for an answer', () => {
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
