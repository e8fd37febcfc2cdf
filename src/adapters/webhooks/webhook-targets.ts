import { type LookupAddress, type LookupOptions, lookup as lookupName } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { type CheckedUrl, WebhookTargets } from '../../application/events/webhook-targets.js';

const MAX_URL_LENGTH = 2_048;

const TOO_LONG = `must have at most ${MAX_URL_LENGTH} characters`;
const NO_CREDENTIALS = 'must have neither a user, nor a password, nor a fragment';

/**
 * What the standard of URLs drops or corrects without a word, so that the URL would not be the one that the operator has read. Control
 * characters would also forge lines where a URL is shown or logged.
 */
const MISREAD: readonly (readonly [RegExp, string])[] = [
  // eslint-disable-next-line no-control-regex -- control characters are what is refused.
  [/[\u0000-\u001f\u007f-\u009f]/, 'must have no line break, tab or other control character'],
  [/^\s|\s$/, 'must not begin or end with a space'],
  [/\\/, 'must have no backslash'],
  [/^https?:(?!\/\/)/i, 'must have // after its scheme'],
  [/^https?:\/\/[^/?#]*@/i, NO_CREDENTIALS],
  [/^https?:\/\/(?:[:/?#]|$)/i, 'must have a host'],
];

/** Every network that is not the public internet. A webhook to such an address could reach internal systems next to this service. */
const NOT_PUBLIC: readonly (readonly [network: string, bits: number, family: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'], // this network, and the unspecified address
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'], // shared address space of carriers
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'], // link-local, where clouds serve their metadata
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
  // Only 2000::/3 is allocated. Below it are unspecified, loopback, IPv4-mapped, NAT64 and reserved addresses.
  ['::', 3, 'ipv6'],
  ['2001::', 23, 'ipv6'], // Teredo and other protocols
  ['2001:db8::', 32, 'ipv6'], // documentation
  ['2002::', 16, 'ipv6'], // 6to4, which contains an IPv4 address
  ['3fff::', 20, 'ipv6'], // documentation
  ['4000::', 2, 'ipv6'],
  ['8000::', 1, 'ipv6'], // includes unique local, link-local and multicast
];

/** One list for each family: a common list would treat every IPv4 address as its IPv4-mapped IPv6 address, which is refused. */
const REFUSED = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, bits, family] of NOT_PUBLIC) REFUSED[family].addSubnet(network, bits, family);

/** `dns.lookup`, or a substitute in tests: all addresses of a name. */
export type LookupAll = (name: string, options: LookupOptions & { all: true }, done: LookupAllDone) => void;

type LookupAllDone = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

type LookupDone = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Checks which addresses webhooks may be sent to. A URL is checked when an endpoint is added. The addresses of a name are checked in the
 * same lookup by which the connection is made, so a name whose addresses change in between cannot pass the check (DNS rebinding).
 */
export class CheckedTargets extends WebhookTargets {
  constructor(
    private readonly allowPrivate: boolean,
    private readonly lookupAll: LookupAll = lookupName,
  ) {
    super();
  }

  check(text: string): CheckedUrl {
    if (text.length > MAX_URL_LENGTH) return { fault: TOO_LONG };
    const misread = MISREAD.find(([pattern]) => pattern.test(text));
    if (misread) return { fault: misread[1] };
    const fault = this.fault(text);
    return fault === null ? { url: new URL(text).href } : { fault };
  }

  /** What is wrong with a URL that is stored; null if it may be sent to. */
  fault(text: string): string | null {
    if (!(this.allowPrivate ? /^https?:/i : /^https:/i).test(text)) return this.schemeFault;
    if (!URL.canParse(text)) return 'must be a URL such as https://shop.example/hooks/quittance';
    const { href, username, password, hash, port } = new URL(text);
    if (href.length > MAX_URL_LENGTH) return TOO_LONG;
    if (username || password || hash) return NO_CREDENTIALS;
    if (port === '0') return 'must have a port from 1 to 65535';
    return this.isRefusedHost(hostOf(text)) ? 'must not name a private, loopback or reserved address' : null;
  }

  private get schemeFault(): string {
    return this.allowPrivate
      ? 'must begin with https:// or http://'
      : 'must begin with https:// (http:// is possible only where WEBHOOK_ALLOW_PRIVATE_TARGETS is true)';
  }

  /** Lookups in flight, by name and options. */
  private readonly lookups = new Map<string, LookupAllDone[]>();

  /** For connections. A name is refused if any of its addresses is refused, because this class does not decide which one is tried. */
  readonly lookup = (name: string, options: LookupOptions, done: LookupDone): void => {
    this.lookupOnce(name, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '');
      const [first] = addresses;
      const refused = !first || addresses.some(({ address }) => this.isRefusedAddress(address));
      if (refused)
        return done(new RefusedAddress('the host name resolves to an address that is not public'), '');
      if (options.all) return done(null, addresses);
      return done(null, first.address, first.family);
    });
  };

  /**
   * One lookup at a time for each name: a lookup occupies one of the four threads of the process, and a name server that does not answer
   * would occupy all of them with the deliveries of one endpoint.
   */
  private lookupOnce(name: string, options: LookupOptions & { all: true }, done: LookupAllDone): void {
    const key = JSON.stringify([name, options.family, options.hints]);
    const waiting = this.lookups.get(key);
    if (waiting) return void waiting.push(done);
    const all = [done];
    this.lookups.set(key, all);
    this.lookupAll(name, options, (error, addresses) => {
      this.lookups.delete(key);
      all.forEach((each) => each(error, addresses));
    });
  }

  private isRefusedHost(host: string): boolean {
    if (isIP(host) > 0) return this.isRefusedAddress(host);
    return !this.allowPrivate && /(^|\.)localhost\.?$/.test(host);
  }

  private isRefusedAddress(address: string): boolean {
    if (this.allowPrivate) return false;
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    // A zone, after %, names a network interface of this machine.
    return isIP(address) === 0 || address.includes('%') || REFUSED[family].check(address, family);
  }
}

export class RefusedAddress extends Error {}

/** Without the brackets of IPv6. `URL` has converted every form of an IPv4 address (decimal, octal, hexadecimal) to the usual one. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}
