import { describe, expect, test } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import {
  type TrustedProxies,
  clientAddresses,
  networkOf,
} from '../../src/adapters/http/server/client-address.js';

function addressOf(trusted: TrustedProxies, peer: string | undefined, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return clientAddresses(trusted)({ headers, socket: { remoteAddress: peer } } as IncomingMessage);
}

const PROXY = '10.0.0.1';

describe('the address of a client', () => {
  test.each<[string, TrustedProxies, string, string]>([
    ['no proxy is trusted', false, '192.0.2.9', PROXY],
    ['the peer is not one of the trusted proxies', ['10.0.0.2'], '192.0.2.9', PROXY],
    ['the peer is a trusted proxy', [PROXY], '192.0.2.9', '192.0.2.9'],
    ['the client has sent the header as well', [PROXY], '198.51.100.1, 192.0.2.9', '192.0.2.9'],
    ['two proxies are trusted by their network', ['10.0.0.0/8'], '192.0.2.9, 10.2.0.1', '192.0.2.9'],
    ['one hop is trusted', 1, '192.0.2.9, 10.2.0.1', '10.2.0.1'],
    ['two hops are trusted', 2, '192.0.2.9, 10.2.0.1', '192.0.2.9'],
    ['more hops are trusted than there are', 9, '192.0.2.9', '192.0.2.9'],
  ])('if %s', (_, trusted, forwarded, expected) => {
    expect(addressOf(trusted, PROXY, forwarded)).toBe(expected);
  });

  test.each([
    ['192.0.2.9:4711', '192.0.2.9'],
    [' 192.0.2.9 ', '192.0.2.9'],
    ['[2001:db8::9]:4711', '2001:db8::9'],
    ['[2001:db8::9]', '2001:db8::9'],
    ['2001:DB8:0:0::9', '2001:db8::9'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['::ffff:c000:209', '192.0.2.9'],
  ])('is "%s" without its port, brackets and zone: %s', (forwarded, expected) => {
    expect(addressOf([PROXY], PROXY, forwarded)).toBe(expected);
  });

  test.each([
    '',
    'unknown',
    '<script>alert(1)</script>',
    '_hidden',
    '1.2.3',
    '1.2.3.4.5',
    'x'.repeat(6_000),
    ',',
  ])('is that of the proxy, if the proxy has forwarded "%.40s"', (forwarded) => {
    expect(addressOf([PROXY], PROXY, forwarded)).toBe(PROXY);
  });

  test('is an IPv4 address if the peer is shown as an IPv6 address that contains one', () => {
    expect(addressOf(['10.0.0.0/8'], '::ffff:10.0.0.1', '192.0.2.9')).toBe('192.0.2.9');
  });

  test('is 0.0.0.0 if the connection is closed already', () => {
    expect(addressOf(false, undefined)).toBe('0.0.0.0');
  });
});

test.each([
  ['192.0.2.9', '192.0.2.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
])('attempts of %s are counted for %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
