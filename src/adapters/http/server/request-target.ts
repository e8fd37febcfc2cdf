/** Scheme and authority of a target in absolute form. */
const ORIGIN = /^https?:\/\/[^/?#]*/i;
const QUERY_OR_FRAGMENT = /[?#]/;
const LONGEST_PATH = 128;

/** The target without scheme and authority, which a client may send before the path. */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const origin = ORIGIN.exec(target)?.[0];
  if (origin === undefined) return target;
  const rest = target.slice(origin.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/**
 * The path by which a route is found: without origin, query, fragment, repeated slashes and a slash at the end. Percent-encoding stays,
 * because a path that names a public prefix in another spelling is not meant for it.
 */
export function routePathOf(target: string): string {
  const path = withoutQuery(originForm(target)).replaceAll(/\/{2,}/g, '/');
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/**
 * The path for tables and logs: its first 128 printable characters, or null if there is none. Origin and query are left out, because
 * they may contain credentials.
 */
export function printablePath(target: string): string | null {
  const printable = withoutQuery(originForm(target)).replaceAll(/[^\x21-\x7e]/g, '');
  return printable.slice(0, LONGEST_PATH) || null;
}

function withoutQuery(target: string): string {
  const end = target.search(QUERY_OR_FRAGMENT);
  return end < 0 ? target : target.slice(0, end);
}

/** Whose requests a server answers. `everyone` is a server that has all routes. */
export type Audience = 'everyone' | 'gateways' | 'operators';

const FOR_OPERATORS: ReadonlySet<string | undefined> = new Set([
  'admin',
  'metrics',
  'docs',
  'docs-json',
  'health',
  'console',
]);

/** Whether a server has a route for the target. Only the literal spelling counts, so no other form of a path leads to the wrong server. */
export function serves(audience: Audience, target: string): boolean {
  if (audience === 'everyone') return true;
  const path = routePathOf(target);
  const [root, first] = path.split('/', 2);
  if (root !== '') return false;
  return audience === 'operators'
    ? FOR_OPERATORS.has(first)
    : first === 'callbacks' || path === '/health/live';
}
