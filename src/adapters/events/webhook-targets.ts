import { lookup as lookupName, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { WebhookTargets } from '../../application/outbox.js';

const MAX_URL_LENGTH = 2_048;

/** Whatever is not the public internet: an address there is a way to what stands beside this service. */
const NOT_PUBLIC: readonly (readonly [network: string, bits: number, family: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'], // this network, and the unspecified address
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'], // shared by carriers
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'], // link-local, where clouds keep their metadata
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'], // documentation
  ['192.88.99.0', 24, 'ipv4'], // 6to4 relays
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'], // benchmarks
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'], // multicast
  ['240.0.0.0', 4, 'ipv4'], // reserved, and broadcast
  // Only 2000::/3 is handed out; what lies below is unspecified, loopback, mapped, NAT64 and reserved.
  ['::', 3, 'ipv6'],
  ['2001::', 23, 'ipv6'], // Teredo and other protocols
  ['2001:db8::', 32, 'ipv6'], // documentation
  ['2002::', 16, 'ipv6'], // 6to4, which hides an IPv4 address
  ['3fff::', 20, 'ipv6'], // documentation
  ['4000::', 2, 'ipv6'],
  ['8000::', 1, 'ipv6'], // unique local, link-local and multicast among them
];

/** One list for each family: in a common one every IPv4 address is also what IPv6 maps it to, and that is refused. */
const REFUSED = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, bits, family] of NOT_PUBLIC) REFUSED[family].addSubnet(network, bits, family);

/** `dns.lookup` or a stand-in: all addresses of a name. */
export type LookupAll = (
  name: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

type Looked = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Says which addresses webhooks may go to. A URL is judged when it is entered; a name's addresses are judged in the very lookup that a
 * connection is made by, so that a name whose answer changes in between gains nothing.
 */
export class CheckedTargets extends WebhookTargets {
  constructor(
    private readonly allowPrivate: boolean,
    private readonly lookupAll: LookupAll = lookupName,
  ) {
    super();
  }

  fault(text: string): string | null {
    if (text.length > MAX_URL_LENGTH || !URL.canParse(text))
      return 'must be a URL of at most 2048 characters';
    const { protocol, username, password, hash } = new URL(text);
    if (protocol !== 'https:' && !(this.allowPrivate && protocol === 'http:')) return 'must be an https URL';
    if (username || password || hash) return 'must have neither a user, nor a password, nor a fragment';
    return this.isRefusedHost(hostOf(text)) ? 'must not name a private, loopback or reserved address' : null;
  }

  /** For connections. A name is refused if only one of its addresses is: which one is tried is not ours to say. */
  readonly lookup = (name: string, options: LookupOptions, done: Looked): void => {
    this.lookupAll(name, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '');
      const [first] = addresses;
      const refused = !first || addresses.some(({ address }) => this.isRefusedAddress(address));
      if (refused) return done(new RefusedAddress('the name leads to an address that is not public'), '');
      if (options.all) return done(null, addresses);
      return done(null, first.address, first.family);
    });
  };

  private isRefusedHost(host: string): boolean {
    if (isIP(host) > 0) return this.isRefusedAddress(host);
    return !this.allowPrivate && /(^|\.)localhost\.?$/.test(host);
  }

  private isRefusedAddress(address: string): boolean {
    if (this.allowPrivate) return false;
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    // A zone, after %, names an interface of this machine.
    return isIP(address) === 0 || address.includes('%') || REFUSED[family].check(address, family);
  }
}

export class RefusedAddress extends Error {}

/** Without the brackets of IPv6. Parsing has made every spelling of an IPv4 address (decimal, octal, hexadecimal) the usual one. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}
