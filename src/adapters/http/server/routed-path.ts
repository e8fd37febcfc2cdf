import type { FastifyRequest } from 'fastify';

/** The path as it was routed and decoded, so that each resource has one path, however the client has escaped it. */
export function routedPath({ routeOptions, params }: FastifyRequest): string {
  const values = params as Readonly<Record<string, string>>;
  return (routeOptions.url ?? '').replace(/:(\w+)/g, (_, name: string) => values[name] ?? '');
}
