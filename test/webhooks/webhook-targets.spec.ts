import { describe, expect, test } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import {
  CheckedTargets,
  type LookupAll,
  RefusedAddress,
} from '../../src/adapters/webhooks/webhook-targets.js';

const targets = new CheckedTargets(false);

/** What a connection gets for a name that resolves to these addresses. */
function lookUp(addresses: readonly string[], all: boolean, allowPrivate = false) {
  const answers: LookupAddress[] = addresses.map((address) => ({
    address,
    family: address.includes(':') ? 6 : 4,
  }));
  const resolver: LookupAll = (_name, _options, done) => done(null, answers);
  return new Promise((resolve, reject) => {
    new CheckedTargets(allowPrivate, resolver).lookup('shop.example', { all }, (error, address) =>
      error ? reject(error) : resolve(address),
    );
  });
}

describe('targets of webhooks', () => {
  test.each([
    'https://shop.example/hook',
    'https://shop.example:8443/hook?x=1',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/hook',
  ])('%s is accepted', (url) => {
    expect(targets.fault(url)).toBeNull();
  });

  test.each([
    ['http://shop.example/', 'https'],
    ['ftp://shop.example/', 'https'],
    ['file:///etc/passwd', 'https'],
    ['javascript:alert(1)', 'https'],
    ['https://user:pw@shop.example/', 'user'],
    ['https://user@shop.example/', 'user'],
    ['https://shop.example/#part', 'fragment'],
    ['not a url', 'must begin with https://'],
    ['localhost:3411/hook', 'must begin with https://'],
    ['shop.example/hook', 'must begin with https://'],
    ['https://', 'URL'],
    [`https://shop.example/${'a'.repeat(2_048)}`, '2048'],
  ])('%s is refused, and the fault names %j', (url, word) => {
    expect(targets.fault(url)).toContain(word);
  });

  test('the fault of a URL without a scheme says which schemes the configuration allows', () => {
    expect(new CheckedTargets(true).fault('localhost:3411/hook')).toBe('must begin with https:// or http://');
    expect(new CheckedTargets(true).fault('http://localhost:3411/hook')).toBeNull();
    expect(targets.fault('http://shop.example/')).toBe(
      'must begin with https:// (http:// is possible only where WEBHOOK_ALLOW_PRIVATE_TARGETS is true)',
    );
  });

  test.each([
    ['https://shop.example/a\r\nX: y', 'control character'],
    ['https://shop.example/a\nX: y', 'control character'],
    ['https://shop.ex\tample/', 'control character'],
    ['https://shop.example/\u0000', 'control character'],
    ['https://shop.example/\u0085', 'control character'],
    [' https://shop.example/', 'begin or end with a space'],
    ['https://shop.example/ ', 'begin or end with a space'],
    ['https:\\\\shop.example\\hook', 'backslash'],
    ['https://shop.example\\@other.example/', 'backslash'],
    ['https:shop.example/', '//'],
    ['https:/shop.example/', '//'],
    ['https:///shop.example/', 'must have a host'],
    ['https:///x', 'must have a host'],
    ['https://:443/', 'must have a host'],
    ['https://?x', 'must have a host'],
    ['https://user@/x', 'user'],
    ['https://@shop.example/', 'user'],
    ['https://:@shop.example/', 'user'],
    ['https://user:pw@shop.example/', 'user'],
    ['https://shop.example:0/', 'port from 1 to 65535'],
    ['https://shop.example:00/', 'port from 1 to 65535'],
    [`https://shop.example/${'é'.repeat(1_000)}`, '2048'],
  ])('%j of an operator is refused, and the fault names %j', (text, word) => {
    expect(targets.check(text)).toEqual({ fault: expect.stringContaining(word) });
  });

  test.each([
    ['https://shop.example', 'https://shop.example/'],
    ['HTTPS://Shop.EXAMPLE:443/Hook?x=1', 'https://shop.example/Hook?x=1'],
    ['https://shop.example/a b/ü', 'https://shop.example/a%20b/%C3%BC'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://shop.example/a/../b', 'https://shop.example/b'],
    ['https://shop.example/x@y', 'https://shop.example/x@y'],
    ['https://[2606:4700:0::1111]:8443/hook', 'https://[2606:4700::1111]:8443/hook'],
  ])('%s is stored as %s', (text, url) => {
    expect(targets.check(text)).toEqual({ url });
    expect(targets.check(url)).toEqual({ url });
  });

  test.each([
    'https://localhost/',
    'https://LOCALHOST./',
    'https://db.localhost/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://127.0.0.1./',
    'https://１２７.0.0.1/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[::ffff:a00:1]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[64:ff9b:1::1]/',
    'https://[2002:7f00:1::1]/',
    'https://[2001::1]/',
    'https://[fc00::1]/',
    'https://[fd12:3456::1]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
  ])('%s is refused: it is not public, in whatever notation', (url) => {
    expect(targets.fault(url)).toBe('must not name a private, loopback or reserved address');
  });

  test('if private targets are allowed, http and every address are accepted', () => {
    const open = new CheckedTargets(true);
    for (const url of [
      'http://127.0.0.1:8080/hook',
      'http://localhost/',
      'https://[::1]/',
      'http://10.0.0.1/',
    ])
      expect(open.fault(url)).toBeNull();
    expect(open.fault('ftp://127.0.0.1/')).not.toBeNull();
  });
});

describe('the lookup of a connection', () => {
  test('returns public addresses in the form that was asked for', async () => {
    expect(await lookUp(['8.8.8.8', '2606:4700::1111'], true)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(await lookUp(['8.8.8.8'], false)).toBe('8.8.8.8');
  });

  test.each([
    [['127.0.0.1']],
    [['8.8.8.8', '10.0.0.1']],
    [['2606:4700::1111', '::ffff:127.0.0.1']],
    [['fe80::1%eth0']],
    [[]],
  ])('refuses a name that resolves to %j: one refused address is enough', async (addresses) => {
    await expect(lookUp(addresses, true)).rejects.toThrow(RefusedAddress);
    await expect(lookUp(addresses, false)).rejects.toThrow(RefusedAddress);
  });

  test('returns private addresses if they are allowed', async () => {
    expect(await lookUp(['127.0.0.1'], false, true)).toBe('127.0.0.1');
  });

  test('is one for all connections to a name that are made at the same time, so that a silent name server occupies one thread', async () => {
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    const slow = new CheckedTargets(false, (name, _options, done) => {
      asked.push(name);
      answers.push(() => done(null, [{ address: '8.8.8.8', family: 4 }]));
    });
    const lookUpSlowly = (name: string) =>
      new Promise((resolve) => slow.lookup(name, {}, (_error, address) => resolve(address)));
    const all = ['shop.example', 'shop.example', 'other.example', 'shop.example'].map(lookUpSlowly);
    expect(asked).toEqual(['shop.example', 'other.example']);
    answers.forEach((answer) => answer());
    expect(await Promise.all(all)).toEqual(['8.8.8.8', '8.8.8.8', '8.8.8.8', '8.8.8.8']);
    void lookUpSlowly('shop.example');
    expect(asked).toHaveLength(3);
  });
});
