import type { IncomingMessage } from 'node:http';
import { BlockList, SocketAddress, isIP, isIPv6 } from 'node:net';

/** The proxies whose X-Forwarded-For is trusted: none, a number of hops, or addresses and networks. */
export type TrustedProxies = false | number | readonly string[];

/** The address of the client that has sent a request. Always a valid IP address. */
export type AddressOf = (request: IncomingMessage) => string;

/** Stands for the address of a client that has closed its connection already. */
export const UNKNOWN_ADDRESS = '0.0.0.0';

/**
 * Finds the addresses of clients. X-Forwarded-For is read from its end, and only as far as trusted proxies have written it. What is no
 * address ends it: then the proxy that has passed it on counts as the client.
 */
export function clientAddresses(trusted: TrustedProxies): AddressOf {
  const trusts = trustOf(trusted);
  return ({ socket, headers: { 'x-forwarded-for': forwarded } }) => {
    let address = addressOfPeer(socket.remoteAddress);
    if (forwarded === undefined) return address;
    const entries = [forwarded].flat().join(',').split(',');
    for (let hop = 0; trusts(address, hop); hop += 1) {
      const next = addressIn(entries.pop() ?? '');
      if (next === null) break;
      address = next;
    }
    return address;
  };
}

/** The address of the other end of a connection. */
export function addressOfPeer(remoteAddress: string | undefined): string {
  return addressIn(remoteAddress ?? '') ?? UNKNOWN_ADDRESS;
}

function trustOf(trusted: TrustedProxies): (address: string, hop: number) => boolean {
  if (trusted === false) return () => false;
  if (typeof trusted === 'number') return (_address, hop) => hop < trusted;
  const networks = new BlockList();
  for (const entry of trusted) {
    const [network = '', bits] = entry.split('/');
    const family = isIPv6(network) ? 'ipv6' : 'ipv4';
    if (bits === undefined) networks.addAddress(network, family);
    else networks.addSubnet(network, Number(bits), family);
  }
  return (address) => networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

const BRACKETED = /^\[([^\]]+)\](?::\d{1,5})?$/;
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;

/** The address in an entry, which may have brackets, a port and a zone. Null if there is none. */
function addressIn(entry: string): string | null {
  const text = entry.trim();
  const bare = (BRACKETED.exec(text) ?? IPV4_WITH_PORT.exec(text))?.[1] ?? text;
  const address = bare.replace(/%.*$/s, '');
  const family = isIP(address);
  if (family === 4) return address;
  if (family === 0) return null;
  // One address has several spellings.
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return canonical.startsWith('::ffff:') && canonical.includes('.')
    ? canonical.slice('::ffff:'.length)
    : canonical;
}

/** What one client can easily have all addresses of: an IPv4 address, or the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const [front, back] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: Math.max(0, 8 - front!.length - back!.length) }, () => '0');
  return `${[...front!, ...zeros, ...back!].slice(0, 4).join(':')}::/64`;
}
