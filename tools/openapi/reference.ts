import type { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEM_CODES } from '../../src/adapters/http/server/problem-codes.js';

/** The page with the conventions of the admin API. Two of its tables are made from the code. */
export const REFERENCE_FILE = 'docs/reference/admin-api.md';

/** The page with the tables of this document. The rest of the page stays. */
export function referencePage(page: string, document: OpenAPIObject): string {
  const withOperations = withTable(page, 'operations', [
    ['Operation', 'Request', 'Role', 'What it does'],
    ...operationRows(document),
  ]);
  const codes = Object.entries(PROBLEM_CODES).map(([code, { status, meaning }]) => {
    return [`\`${code}\``, String(status), meaning];
  });
  return withTable(withOperations, 'codes', [['Code', 'Status', 'Meaning'], ...codes]);
}

function operationRows({ paths }: OpenAPIObject): string[][] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, described]) => {
      const operation = described as { operationId: string; summary: string; 'x-role'?: string };
      const request = `\`${method.toUpperCase()} ${path}\``;
      return [`\`${operation.operationId}\``, request, operation['x-role'] ?? '', operation.summary];
    }),
  );
}

function withTable(page: string, name: string, rows: readonly (readonly string[])[]): string {
  const [begin, end] = [`<!-- Made by npm run openapi: ${name} -->`, `<!-- End of ${name} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${REFERENCE_FILE} has no place for the table of ${name}`);
  return `${before}${begin}\n\n${table(rows)}\n\n${end}${after}`;
}

/** As prettier writes it. */
function table([headings, ...rows]: readonly (readonly string[])[]): string {
  const widths = headings!.map((heading, column) =>
    Math.max(heading.length, ...rows.map((cells) => cells[column]!.length)),
  );
  const line = (cells: readonly string[], filler = ' ') =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, filler)).join(' | ')} |`;
  const rule = line(
    headings!.map(() => ''),
    '-',
  );
  return [line(headings!), rule, ...rows.map((cells) => line(cells))].join('\n');
}
