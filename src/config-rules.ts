import { BlockList, isIP, isIPv6 } from 'node:net';
import { Client } from 'pg';
import { hasRepeats, list } from './environment.js';

// What may stand in the service's own variables. A fault says what a value must be and never what it is.

export interface AdminToken {
  readonly name: string;
  readonly role: 'viewer' | 'operator';
  readonly token: string;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

export function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIP(host) > 0 && LOOPBACK.check(host, isIPv6(host) ? 'ipv6' : 'ipv4'));
}

/** Asks the driver where it would connect to: the host may also stand in the query or in PGHOST. */
export function isLocalDatabase(url: string): boolean {
  try {
    const { host } = new Client({ connectionString: url });
    return host.startsWith('/') || isLoopback(host);
  } catch {
    return false;
  }
}

export function databaseUrlFault(url: string): string | null {
  return /^postgres(ql)?:\/\//.test(url) && URL.canParse(url) ? null : 'must be a postgres:// URL';
}

export function natsUrlsFault(urls: readonly string[]): string | null {
  const areWell = urls.every((url) => /^(nats|tls):\/\/[^/]/.test(url) && URL.canParse(url));
  return urls.length > 0 && areWell ? null : 'must be a comma list of nats:// or tls:// URLs';
}

export function hostFault(host: string): string | null {
  const isName = /^[a-z\d][a-z\d.-]{0,252}$/i.test(host);
  return isIP(host) > 0 || isName ? null : 'must be an IP address or a host name';
}

export function wholeNumber(min: number, max: number) {
  return function wholeNumberFault(text: string): string | null {
    const holds = /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max;
    return holds ? null : `must be a whole number from ${min} to ${max}`;
  };
}

export function adminTokensFault(entries: readonly string[]): string | null {
  // A token travels in a header, which holds visible ASCII.
  const areWell = entries.every((entry) => /^[\w.-]{1,64}:(viewer|operator):[\x21-\x7e]{1,256}$/.test(entry));
  if (entries.length === 0 || !areWell)
    return 'must be a comma list of name:role:token, the role viewer or operator';
  const tokens = entries.map(adminTokenOf);
  if (hasRepeats(tokens.map(({ name }) => name))) return 'has a name twice';
  return hasRepeats(tokens.map(({ token }) => token)) ? 'has a token twice' : null;
}

export function adminTokenOf(entry: string): AdminToken {
  const [name = '', role, ...token] = entry.split(':');
  return { name, role: role === 'operator' ? 'operator' : 'viewer', token: token.join(':') };
}

export function trustProxyFault(text: string): string | null {
  const isNetwork = (entry: string) => {
    const [address = '', bits = '32', more] = entry.split('/');
    const most = isIPv6(address) ? 128 : 32;
    // A network of 0 bits is everybody, and whoever is believed may say that he is somebody else.
    return more === undefined && isIP(address) > 0 && wholeNumber(1, most)(bits) === null;
  };
  const entries = list(text) ?? [];
  const holds = wholeNumber(0, 32)(text) === null || (entries.length > 0 && entries.every(isNetwork));
  return holds
    ? null
    : 'must be a number of hops up to 32, or a comma list of addresses and networks like 10.0.0.0/8';
}

export function trustProxyOf(text: string): false | number | readonly string[] {
  if (/^\d+$/.test(text)) return Number(text) || false;
  return list(text) ?? false;
}
