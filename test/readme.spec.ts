import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Gateways } from '../src/adapters/gateways/registry.js';
import { Metrics } from '../src/adapters/observability/metrics.js';
import { gatewaySettings } from './gateway-settings.js';
import { OUTCOMES } from '../src/domain/callbacks/outcome.js';
import { RESOLUTIONS } from '../src/domain/cases/endings.js';
import { CASE_KINDS } from '../src/domain/cases/kinds.js';
import { PUBLISHED_TYPES } from '../src/domain/events/published-event.js';
import { ORDER_MOVES } from '../src/domain/orders/order.js';
import { PAYMENT_MOVES } from '../src/domain/payments/payment.js';
import { LABEL_OUTCOMES } from '../src/domain/settlement/label-table.js';
import { SUCCESS_ROWS } from '../src/domain/settlement/success-table.js';
import type { Moves } from '../src/domain/transitions.js';
import { sandboxKeys } from '../src/sandbox/keys.js';
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
    const kinds: readonly string[] = CASE_KINDS;
    expect(withDiscrepancy).toEqual(outcomes.filter((outcome) => kinds.includes(outcome!)));
  });

  test('for notices without money are those of the domain', () => {
    for (const [notification, unpaid, ...others] of rows(section('### What a notice without money does'))) {
      const { init, processing, failed, cancelled, expired, succeeded } =
        LABEL_OUTCOMES[notification as keyof typeof LABEL_OUTCOMES];
      expect(processing).toBe(init);
      expect([unpaid, ...others].map((cell) => codes(cell!)[0])).toEqual([
        init,
        failed,
        cancelled,
        expired,
        succeeded,
      ]);
    }
    expect(
      rows(section('### What a notice without money does')).map(([notification]) => notification),
    ).toEqual(Object.keys(LABEL_OUTCOMES));
  });
});

describe('what is told', () => {
  test('has every outcome, and for every kind of discrepancy what to do', () => {
    const text = section('### Outcomes, and what an operator does about them');
    expect(codes(text)).toEqual(expect.arrayContaining([...OUTCOMES]));
    expect(sorted(rows(text).flatMap(([kind]) => codes(kind!)))).toEqual(sorted(CASE_KINDS));
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
    const text = await new Metrics().text({ pending: null, openCases: null, lags: null });
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
      const lines = section('### Admin API').matchAll(/((?:`(?:GET|POST|PATCH|DELETE)` )+)`(\/[^`]+)`/g);
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
      const gateways = new Gateways(gatewaySettings(await sandboxKeys(folder)));
      const table = rows(section('### Acknowledgements'));
      const shown = table.map(([name]) => codes(name!)[0]!);
      expect(gateways.names).toEqual(expect.arrayContaining(shown));
      expect(shown).toEqual(expect.arrayContaining(['stripe', 'wechat-pay', 'alipay', 'standard-webhooks']));
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

  test('every file that it links to exists', () => {
    const links = [...readme.matchAll(/\]\(((?!https?:|#)[^)#]+)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
    expect(links).toEqual(expect.arrayContaining(['docs/architecture.md', 'LICENSE']));
  });
});

describe('docs/architecture.md', () => {
  const page = readFileSync('docs/architecture.md', 'utf8');

  test('shows every folder of src, and none that does not exist', () => {
    const tree = /```text\nsrc\/\n([\s\S]*?)```/.exec(page)![1]!;
    const under = (parent: string) => {
      const from = tree.split('\n').findIndex((line) => line.startsWith(`  ${parent}/`)) + 1;
      const lines = tree.split('\n').slice(from);
      const to = lines.findIndex((line) => /^ {0,2}\S/.test(line));
      return lines.slice(0, to).flatMap((line) => line.slice(0, 90).match(/[a-z-]+(?=\/)/g) ?? []);
    };
    const foldersOf = (folder: string) =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
    const top = [...tree.matchAll(/^ {2}([a-z]+)\//gm)].map(([, name]) => name!);
    expect(sorted(top)).toEqual(sorted(foldersOf('src')));
    for (const layer of ['domain', 'application']) {
      expect(sorted(under(layer))).toEqual(sorted(foldersOf(`src/${layer}`)));
    }
    expect(under('adapters')).toEqual(expect.arrayContaining(foldersOf('src/adapters')));
  });

  test('names only files that exist', () => {
    const named = [...page.matchAll(/`((?:src|test|tools)\/[\w./-]+)`/g)].map(([, file]) => file!);
    expect(named.filter((file) => !existsSync(file))).toEqual([]);
  });
});
