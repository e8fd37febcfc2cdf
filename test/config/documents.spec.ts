import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { FAULTS } from '../../src/adapters/postgres/engine/explain-fault.js';
import { GATEWAYS } from '../../src/adapters/gateways/registry.js';
import { loadConfig } from '../../src/config/load.js';
import { VARIABLES } from '../../src/config/variables.js';
import { configurationPage, envExample } from '../../tools/configuration/documents.js';

const tables = { service: VARIABLES, gateways: GATEWAYS };
const names = [VARIABLES, ...GATEWAYS.map(({ variables }) => variables)].flatMap((table) =>
  Object.values(table).map(({ name }) => name),
);

test('.env.example and docs/configuration.md are those that npm run configuration writes', () => {
  expect(readFileSync('.env.example', 'utf8')).toBe(envExample(tables));
  expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationPage(tables));
});

test('.env.example has every variable, and its values are the defaults', () => {
  const example = parseEnv(envExample(tables)) as Record<string, string>;
  expect(new Set(Object.keys(example))).toEqual(new Set([...names, 'TEST_DATABASE_URL']));
  expect(loadConfig(example)).toEqual(loadConfig({}));
});

test('no two rows have the same variable', () => {
  expect(new Set(names).size).toBe(names.length);
});

test('the lines of .env.example fit on a screen', () => {
  const long = envExample(tables)
    .split('\n')
    .filter((line) => line.length > 118);
  expect(long).toEqual([]);
});

test('a secret is shown with its second name, and a default that depends on the mode with both values', () => {
  const page = configurationPage(tables);
  expect(page).toContain('| `ADMIN_TOKENS` or `ADMIN_TOKENS_FILE`');
  expect(page).not.toContain('`PORT_FILE`');
  expect(page).toContain('| `true` in production, else `false` |');
});

test('docs/operations/troubleshooting.md has every fault of the database with its code', () => {
  const page = readFileSync('docs/operations/troubleshooting.md', 'utf8');
  for (const [code, text] of Object.entries(FAULTS)) {
    const [reason = ''] = text.split(/:| for the role/);
    expect(page).toMatch(new RegExp(`\\| \`${reason}\` +\\| \`${code}\` `));
  }
});
