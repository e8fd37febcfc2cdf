import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { OWN_FUNCTIONS, OWN_SEQUENCES, OWN_TABLES } from '../../src/adapters/postgres/own-tables.js';

test('the document on deployment grants exactly the rights that a probe looks for', () => {
  const text = readFileSync('docs/deployment.md', 'utf8');
  const granted: [string, string[]][] = [];
  for (const [, rights, names] of text.matchAll(
    /^GRANT ([A-Z, ]+) ON (?:SEQUENCE |FUNCTION )?([a-z_, ()]+) TO/gm,
  ))
    granted.push(
      ...names!.split(/, (?![^(]*\))/).map((name): [string, string[]] => [name, rights!.split(', ')]),
    );
  const tables = Object.entries(OWN_TABLES).map(([name, { rights }]) => [name, rights] as const);
  const others = [...Object.entries(OWN_SEQUENCES), ...Object.entries(OWN_FUNCTIONS)];
  expect(Object.fromEntries(granted)).toEqual(Object.fromEntries([...tables, ...others]));
});
