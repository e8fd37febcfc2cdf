import type { OpenAPIObject } from '@nestjs/swagger';
import { readFileSync } from 'node:fs';
import type { Check } from '../admin/documented.js';

let check: Promise<Check> | undefined;

/** Throws for a problem that docs/reference/openapi.json does not describe: its status, its code or any of its fields. */
export async function expectDocumented(
  { method, path }: { readonly method: string; readonly path: string },
  { status, headers }: Response,
  body: unknown,
): Promise<void> {
  if (!headers.get('content-type')?.startsWith('application/problem+json')) return;
  check ??= publishedCheck();
  const faults = (await check)(method, path, { status, headers, text: '', body });
  if (faults.length > 0) throw new Error(`docs/reference/openapi.json lacks:\n${faults.join('\n')}`);
}

/** Loaded for the first problem: most tests get none. */
async function publishedCheck(): Promise<Check> {
  const { documentedBy } = await import('../admin/documented.js');
  return documentedBy(JSON.parse(readFileSync('docs/reference/openapi.json', 'utf8')) as OpenAPIObject);
}
