import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Gateways } from '../src/adapters/gateways/gateways.module.js';
import { Metrics } from '../src/adapters/http/metrics.js';
import { DISCREPANCY_KINDS } from '../src/domain/discrepancy.js';
import type { Moves } from '../src/domain/moves.js';
import { OUTCOMES } from '../src/domain/notice.js';
import { ORDER_MOVES } from '../src/domain/order.js';
import { PAYMENT_MOVES } from '../src/domain/payment.js';
import { PUBLISHED_TYPES } from '../src/domain/published-event.js';
import { RESOLUTIONS } from '../src/domain/resolution.js';
import { LABEL_OUTCOMES, SUCCESS_ROWS } from '../src/domain/settlement.js';
import { developmentKeys } from '../src/sandbox/development-keys.js';
import { startService } from './admin/service.js';

const readme = readFileSync('README.md', 'utf8');
const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

/** A section's text, from its heading to the next one of any level. */
function section(heading: string): string {
  const parts = readme.split(/^(?=#{2,3} )/m);
  const found = parts.find((part) => part.startsWith(`${heading}\n`));
  if (!found) throw new Error(`the README has no section "${heading}"`);
  return found;
}

/** The cells of every table row in a text, without headings and rulers. */
function rows(text: string): string[][] {
  const lines = text.split('\n').map((line) => (line.startsWith('|') ? line.slice(1, -1).split('|') : null));
  return lines
    .filter((cells, index) => cells && !isRuler(cells) && !isRuler(lines[index + 1] ?? null))
    .map((cells) => cells!.map((cell) => cell.trim()));
}

function isRuler(cells: readonly string[] | null): boolean {
  return cells !== null && cells.every((cell) => /^-+$/.test(cell));
}

function codes(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

const sorted = (items: Iterable<string>) => [...new Set(items)].toSorted();

describe('the configuration', () => {
  const variables = rows(section('### Configuration'));
  const example = readFileSync('.env.example', 'utf8');
  const told = variables.flatMap(([names = '']) => codes(names));

  test('tells every variable that is read or in .env.example, and no other', () => {
    const sources = ['src/config.ts', 'src/gateway-config.ts'].map((file) => readFileSync(file, 'utf8'));
    const read = [...sources.join('').matchAll(/this\.env\.(\w+)/g)].map(([, name]) => name!);
    expect(sorted(told)).toEqual(sorted(read));
    const kept = Object.keys(parseEnv(example)).filter((name) => name !== 'TEST_DATABASE_URL');
    expect(sorted(told)).toEqual(sorted(kept));
  });

  test('marks those that may come as files, which are those that .env.example says so of', () => {
    const marked = variables
      .filter(([names = '']) => names.endsWith('*'))
      .flatMap(([names]) => codes(names!));
    const files = [...example.matchAll(/\b([A-Z_0-9]+)_FILE\b/g)].map(([, name]) => name!);
    expect(sorted(marked)).toEqual(sorted(files));
  });

  test('tells the defaults that .env.example has', () => {
    const defaults = Object.entries(parseEnv(example)).filter(([, value]) => value !== '');
    for (const [name, value] of defaults) {
      const [names, texts] = variables.find(([cell = '']) => codes(cell).includes(name))!;
      expect([name, codes(texts!)[codes(names!).indexOf(name)]]).toEqual([name, value]);
    }
  });
});

describe('the rules', () => {
  /** `from to move` for each arrow of a diagram, and of a table of moves. */
  function arrowsIn(diagram: string): string[] {
    const arrows = [...diagram.matchAll(/^ {2}(\w+) --> (\w+): (\w+)$/gm)];
    return sorted(arrows.map(([, from, to, move]) => `${from} ${to} ${move}`));
  }
  function arrowsOf(moves: Moves<string>): string[] {
    const arrows = Object.entries(moves).flatMap(([move, { from, to }]) =>
      from.map((each) => `${each} ${to} ${move}`),
    );
    return sorted(arrows);
  }

  test('are drawn as the moves of order and payment are', () => {
    const [order = '', payment = ''] = readme.match(/```mermaid\n[\s\S]*?```/g) ?? [];
    expect(arrowsIn(order)).toEqual(arrowsOf(ORDER_MOVES));
    expect(arrowsIn(payment)).toEqual(arrowsOf(PAYMENT_MOVES));
  });

  test('of settlement stand in the order in which they are asked, with what opens a discrepancy', () => {
    const table = rows(section('### What a success does'));
    const outcomes = table.map((cells) => codes(cells[4]!)[0]);
    expect(outcomes).toEqual(['unmatched', ...SUCCESS_ROWS.map(({ outcome }) => outcome)]);
    const withDiscrepancy = table.filter((cells) => cells[5] === 'yes').map((cells) => codes(cells[4]!)[0]);
    const kinds: readonly string[] = DISCREPANCY_KINDS;
    expect(withDiscrepancy).toEqual(outcomes.filter((outcome) => kinds.includes(outcome!)));
  });

  test('for notices without money are those of the domain', () => {
    for (const [notice, unpaid, ...others] of rows(section('### What a notice without money does'))) {
      const { init, processing, failed, cancelled, expired, succeeded } =
        LABEL_OUTCOMES[notice as keyof typeof LABEL_OUTCOMES];
      expect(processing).toBe(init);
      expect([unpaid, ...others].map((cell) => codes(cell!)[0])).toEqual([
        init,
        failed,
        cancelled,
        expired,
        succeeded,
      ]);
    }
    expect(rows(section('### What a notice without money does')).map(([notice]) => notice)).toEqual(
      Object.keys(LABEL_OUTCOMES),
    );
  });
});

describe('what is told', () => {
  test('has every outcome, and for every kind of discrepancy what to do', () => {
    const text = section('### Outcomes, and what an operator does about them');
    expect(codes(text)).toEqual(expect.arrayContaining([...OUTCOMES]));
    expect(sorted(rows(text).flatMap(([kind]) => codes(kind!)))).toEqual(sorted(DISCREPANCY_KINDS));
  });

  test('has every way to end a case, and every event that is published', () => {
    const resolutions = rows(section('### Ending a case')).map(([name]) => codes(name!)[0]);
    expect(resolutions).toEqual([...RESOLUTIONS]);
    const told = codes(section('### Events out')).filter((code) =>
      /^(order|payment|discrepancy)\.\w+$/.test(code),
    );
    expect(sorted(told)).toEqual(sorted(PUBLISHED_TYPES));
  });

  test('has every metric, and no rate of one that is not there', async () => {
    const text = await new Metrics().text(null);
    const served = [...text.matchAll(/^# TYPE (quittance_\w+)/gm)].map(([, name]) => name!);
    const told = section('### Metrics').match(/quittance_\w+/g) ?? [];
    expect(sorted(told)).toEqual(sorted(served));
  });

  test('has every route of the API, and none that is not there', async () => {
    const service = await startService();
    try {
      const served = Object.entries(service.document.paths).flatMap(([route, item]) =>
        Object.keys(item).map((method) => `${method.toUpperCase()} ${route}`),
      );
      const lines = section('### Admin API').matchAll(/((?:`(?:GET|POST|DELETE)` )+)`(\/[^`]+)`/g);
      const told = [...lines].flatMap(([, methods = '', route]) =>
        codes(methods).map((method) => `${method} ${route}`),
      );
      expect(sorted(told)).toEqual(sorted(served));
    } finally {
      await service.close();
    }
  });

  test('has the words in which each gateway is answered', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'readme-'));
    try {
      const { settings } = await developmentKeys(folder);
      const gateways = new Gateways(settings);
      const table = rows(section('### Acknowledgements'));
      expect(sorted(table.map(([name]) => codes(name!)[0]!))).toEqual(sorted(gateways.names));
      for (const [name, ...cells] of table) {
        const { stored, rejected, malformed, unavailable } = gateways.get(codes(name!)[0]!)!.replies;
        const statuses = cells.slice(0, 4).map((cell) => Number.parseInt(cell, 10));
        expect(statuses).toEqual([stored, rejected, malformed, unavailable].map(({ status }) => status));
        expect(codes(cells[0]!)[0]).toBe(stored.body);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('names only commands that are there', () => {
    const named = [...readme.matchAll(/`?npm (?:run (?:--silent )?)?([\w:]+)/g)].map(([, name]) => name!);
    const own = named.filter((name) => name !== 'ci');
    expect(sorted(own).filter((name) => !(name in packageJson.scripts))).toEqual([]);
    expect(own).toEqual(expect.arrayContaining(['start', 'test', 'sandbox', 'migrate', 'bench', 'check']));
  });

  test('starts production as the script does, with the environment', () => {
    const { start, 'start:prod': startProd } = packageJson.scripts;
    expect(startProd).toBe(start);
    expect(readme).toContain(`\n${start!.replace('node ', 'node --env-file=production.env ')}\n`);
  });

  test('says of every runtime dependency why it is there', () => {
    const told = rows(section('## Tests, bench, sandbox')).flatMap(([names]) => codes(names!));
    const packages = told.filter((name) => !name.startsWith('npm ') && !name.includes('*'));
    expect(sorted(packages)).toEqual(sorted(Object.keys(packageJson.dependencies)));
  });

  test('shows only files that exist, every file of the domain, and every folder of src', () => {
    const tree = /```text\nsrc\/domain\/[\s\S]*?```/.exec(readme)?.[0] ?? '';
    let folder = '';
    const shown = tree.split('\n').flatMap((line) => {
      if (!/^\s*[\w./-]+(?:\.ts|\/)(?:\s|$)/.test(line)) return [];
      const names = line.match(/[\w./-]+(?:\.ts|\/)(?=\s|;|$)/g) ?? [];
      if (line.startsWith(' ')) return names.map((name) => folder + name);
      folder = names[0]!;
      return [folder];
    });
    expect(shown.filter((file) => !existsSync(file))).toEqual([]);
    const domain = readdirSync('src/domain').map((file) => `src/domain/${file}`);
    const adapters = readdirSync('src/adapters').map((name) => `src/adapters/${name}/`);
    expect(shown).toEqual(
      expect.arrayContaining([...domain, ...adapters, 'src/application/', 'src/sandbox/']),
    );
  });
});
