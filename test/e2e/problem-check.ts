import type { OpenAPIObject } from '@nestjs/swagger';
import { readFileSync } from 'node:fs';
import { documentedBy, type Check } from '../admin/documented.js';

let check: Check | undefined;

/** Throws for a problem that docs/reference/openapi.json does not describe: its status, its code or any of its fields. */
export function expectDocumented(
  { method, path }: { readonly method: string; readonly path: string },
  { status, headers }: Response,
  body: unknown,
): void {
  if (!headers.get('content-type')?.startsWith('application/problem+json')) return;
  check ??= publishedCheck();
  const faults = check(method, path, { status, headers, text: '', body });
  if (faults.length > 0) throw new Error(`docs/reference/openapi.json lacks:\n${faults.join('\n')}`);
}

/** Made for the first problem: most tests get none. */
const publishedCheck = (): Check =>
  documentedBy(JSON.parse(readFileSync('docs/reference/openapi.json', 'utf8')) as OpenAPIObject);
