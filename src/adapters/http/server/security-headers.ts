import type { FastifyReply, FastifyRequest } from 'fastify';

export const NO_SNIFF = { 'x-content-type-options': 'nosniff' } as const;

/** For answers that no browser has to show as a page. */
export const STRICT_HEADERS = {
  ...NO_SNIFF,
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const;

/** The page of the API has a style element of its own, and its styles contain images. All of its scripts are files of this server. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const IS_DOCS = /^\/docs(?:\/|$)/;

/** Adds the headers that a route has not set itself. A callback's answer goes to a gateway, so it gets one of them only. */
export function addSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-content-type-options', 'nosniff');
  if (reply.statusCode < 400 && request.raw.url!.startsWith('/callbacks/')) return;
  for (const [name, value] of Object.entries(STRICT_HEADERS)) {
    if (!reply.hasHeader(name)) void reply.header(name, value);
  }
  if (IS_DOCS.test(request.routeOptions.url ?? '')) void reply.header('content-security-policy', DOCS_POLICY);
}
