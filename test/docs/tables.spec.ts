import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GATEWAYS, Gateways } from '../../src/adapters/gateways/registry.js';
import type { Reply } from '../../src/adapters/gateways/replies.js';
import { OUTCOMES } from '../../src/domain/callbacks/outcome.js';
import { ENDED_BY } from '../../src/domain/cases/ended-by.js';
import { ENDINGS, RESOLUTIONS } from '../../src/domain/cases/endings.js';
import { CASE_KINDS } from '../../src/domain/cases/kinds.js';
import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import { ORDER_MOVES } from '../../src/domain/orders/order.js';
import { PAYMENT_MOVES, type PaymentStatus } from '../../src/domain/payments/payment.js';
import { LABEL_OUTCOMES } from '../../src/domain/settlement/label-table.js';
import { SUCCESS_ROWS, settleSuccess } from '../../src/domain/settlement/success-table.js';
import type { SettlementInput } from '../../src/domain/settlement/settlement-input.js';
import type { Moves } from '../../src/domain/transitions.js';
import { sandboxKeys } from '../../src/sandbox/keys.js';
import { startService } from '../admin/service.js';
import { situations } from '../domain/settlement/situations.js';
import { gatewaySettings } from '../gateway-settings.js';
import { codes, documents, parseMarkdown, read, rows, section, sorted, tableRows } from './markdown.js';
import { matches } from './transcript.js';

const SETTLEMENT = 'docs/reference/settlement.md';
const CASES = 'docs/operations/cases.md';

const packageJson = JSON.parse(read('package.json')) as {
  version: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

describe('docs/reference/settlement.md', () => {
  /** `from to move` for each arrow of a diagram, and of a table of moves. */
  function arrowsIn(text: string): string[] {
    const { fences } = parseMarkdown(text);
    const diagrams = fences.filter(
      ({ language, lines }) => language === 'mermaid' && lines[0] === 'stateDiagram-v2',
    );
    expect(diagrams.length).toBe(1);
    const arrows = diagrams[0]!.lines.map((line) => /^ *(\w+) --> (\w+): (\w+)$/.exec(line));
    return sorted(arrows.flatMap((arrow) => (arrow ? [`${arrow[1]} ${arrow[2]} ${arrow[3]}`] : [])));
  }
  function arrowsOf(moves: Moves<string>): string[] {
    return sorted(
      Object.entries(moves).flatMap(([move, { from, to }]) => from.map((each) => `${each} ${to} ${move}`)),
    );
  }

  test('draws the moves of order and payment', () => {
    expect(arrowsIn(section(read(SETTLEMENT), 'Moves of an order'))).toEqual(arrowsOf(ORDER_MOVES));
    expect(arrowsIn(section(read(SETTLEMENT), 'Moves of a payment'))).toEqual(arrowsOf(PAYMENT_MOVES));
  });

  const successes = () => tableRows(section(read(SETTLEMENT), 'What a success does'));

  test('has the rows for a success in the order in which they are checked, and which open a case', () => {
    const outcomes = successes().map(({ outcome }) => codes(outcome!)[0]);
    expect(outcomes).toEqual(['unmatched', ...SUCCESS_ROWS.map(({ outcome }) => outcome)]);
    const kinds: readonly string[] = CASE_KINDS;
    expect(successes().map(({ discrepancy }) => discrepancy)).toEqual(
      outcomes.map((outcome) => (kinds.includes(outcome!) ? 'yes' : 'no')),
    );
  });

  test('says of each row what becomes of payment and order', () => {
    const attribution = { actor: 'gateway:stripe', at: new Date() };
    /** Undefined if there is none. */
    const statusesOf = ({ payment, order }: SettlementInput) => [payment?.status, order?.status];
    const inputs = situations(['succeeded']);
    for (const row of successes()) {
      const [outcome] = codes(row['outcome']!);
      const told = [row['payment']!, row['order']!];
      let found = 0;
      for (const make of inputs) {
        const input = make();
        const before = statusesOf(input);
        if (settleSuccess(input, attribution) !== outcome) continue;
        found += 1;
        const expected = told.map((cell, index) => codes(cell)[0] ?? before[index]);
        expect({ outcome, statuses: statusesOf(input) }).toEqual({ outcome, statuses: expected });
      }
      expect(found).toBeGreaterThan(0);
    }
  });

  test('has the outcome of every notice without money, for every status of the payment', () => {
    const table = tableRows(section(read(SETTLEMENT), 'What a notice without money does'));
    const told = table.map(({ notice, ...columns }) => {
      const cells = Object.entries(columns).flatMap(([statuses, cell]) =>
        statuses.split(/, */).map((status) => [status.replaceAll('`', ''), codes(cell)[0]]),
      );
      return [notice!.replaceAll('`', ''), Object.fromEntries(cells) as Record<PaymentStatus, string>];
    });
    expect(Object.fromEntries(told)).toEqual(LABEL_OUTCOMES);
  });
});

test('docs/reference/outcomes.md has a row for every outcome, and none for any other', () => {
  const told = rows(read('docs/reference/outcomes.md')).map(([outcome]) => codes(outcome!)[0]!);
  expect(told.filter((outcome) => OUTCOMES.includes(outcome as never)).toSorted()).toEqual(sorted(OUTCOMES));
});

describe('docs/operations/cases.md', () => {
  test('has a heading for every kind of case, which an alert can link to, and says something below it', () => {
    const headings = parseMarkdown(read(CASES)).headings.filter(({ level }) => level === 2);
    const kinds = headings.filter(({ title }) => /^[a-z]+(_[a-z]+)*$/.test(title));
    expect(sorted(kinds.map(({ title }) => title))).toEqual(sorted(CASE_KINDS));
    expect(kinds.map(({ anchor }) => anchor)).toEqual(kinds.map(({ title }) => title));
    const short = CASE_KINDS.filter((kind) => section(read(CASES), kind).trim().length < 100);
    expect(short).toEqual([]);
  });

  test('has every resolution, and says which kinds can be accepted', () => {
    const table = rows(section(read(CASES), 'Endings'));
    expect(table.map(([name]) => codes(name!)[0])).toEqual([...RESOLUTIONS]);
    const [accept] = table;
    const kinds = accept!
      .slice(1)
      .flatMap(codes)
      .filter((code) => code in ENDINGS);
    const acceptable = CASE_KINDS.filter((kind) => ENDINGS[kind].includes('accept'));
    expect(sorted(kinds)).toEqual(expect.arrayContaining(sorted(acceptable)));
  });

  test('says of everything that can end a case what it means', () => {
    const [told = ''] = section(read(CASES), 'What ends a case').split('| It closes');
    expect(rows(told).map(([by]) => codes(by!)[0])).toEqual([...ENDED_BY]);
  });

  test('has every reason for which a case closes by itself', () => {
    const told = rows(section(read(CASES), 'What ends a case')).flatMap(([, reason]) => codes(reason!));
    const missing = reasonsIn('src/application').filter(
      (reason) => !told.some((each) => each.startsWith(reason)),
    );
    expect(missing).toEqual([]);
  });

  /** The texts of `reason: '…'`, as far as they are written out: of a template what is before its first value. */
  function reasonsIn(folder: string): string[] {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const found = files.flatMap((file) => [
      ...read(path.join(folder, file)).matchAll(/\breason(?::| =) ['`](\w[\w ]*\w)/g),
    ]);
    expect(found.length).toBeGreaterThan(4);
    return sorted(found.map(([, reason]) => reason!));
  }

  test('is linked to by every alert about a kind of case', () => {
    const links = documents().flatMap((file) => [...read(file).matchAll(/cases\.md#([a-z_]+)\b/g)]);
    const unknown = links.map(([, anchor]) => anchor!).filter((anchor) => anchor.includes('_'));
    expect(unknown.filter((anchor) => !CASE_KINDS.includes(anchor as never))).toEqual([]);
  });
});

test('docs/reference/events.md names every type that is published in a table, and no other', () => {
  const text = read('docs/reference/events.md');
  const named = rows(text)
    .flatMap(([types]) => codes(types!))
    .filter((code) => /^(order|payment|refund|dispute|discrepancy)\.\w+$/.test(code));
  expect(sorted(named)).toEqual(sorted(PUBLISHED_TYPES));
});

test('docs/reference/events.md says for every event and every resolution what to tell the customer', () => {
  const firstCells = (title: string) =>
    rows(section(read('docs/reference/events.md'), title)).flatMap(([first]) => codes(first!));
  expect(sorted(firstCells('At an event'))).toEqual(sorted(PUBLISHED_TYPES));
  expect(firstCells('At the end of a case')).toEqual(expect.arrayContaining([...RESOLUTIONS]));
});

test('docs/reference/events.md says for every kind of case what to tell the customer', () => {
  const table = rows(section(read('docs/reference/events.md'), 'At a case'));
  expect(sorted(table.flatMap(([kinds]) => codes(kinds!)).filter((code) => code !== 'kind'))).toEqual(
    sorted(CASE_KINDS),
  );
});

test('docs/reference/admin-api.md has every filter of every list, and says by which time a range is compared', async () => {
  const service = await startService();
  try {
    const lists = Object.entries(service.document.paths).flatMap(([route, { get }]) => {
      const parameters = (get?.parameters ?? []).map((parameter) => ('name' in parameter ? parameter : null));
      const names = parameters.flatMap((each) => (each?.in === 'query' ? [each.name] : []));
      const filters = names.filter((name) => name !== 'limit' && name !== 'cursor');
      const isFiltered = names.includes('cursor') && filters.length > 0;
      return isFiltered ? [[route.split('/').at(-1)!, sorted(filters)] as const] : [];
    });
    const table = tableRows(section(read('docs/reference/admin-api.md'), 'Filters'));
    const told = table.flatMap(({ list, filters, '`from` and `to` compare': time }) =>
      // Values of a filter are in brackets.
      filters && time ? [[list!, sorted(codes(filters.replace(/\(.*?\)/g, '')))] as const] : [],
    );
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(lists));
  } finally {
    await service.close();
  }
});

test('docs/reference/admin-api.md has every route, and none that is not there', async () => {
  const service = await startService();
  try {
    const served = Object.entries(service.document.paths).flatMap(([route, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${route}`),
    );
    const requests = rows(section(read('docs/reference/admin-api.md'), 'Routes')).flatMap((cells) => {
      const named = cells.flatMap(codes);
      const methods = named.filter((code) => /^(GET|POST|PATCH|PUT|DELETE)$/.test(code));
      const route = named.find((code) => code.startsWith('/'));
      const complete = named.filter((code) => /^[A-Z]+ \/\S*$/.test(code));
      return [...complete, ...methods.map((method) => `${method} ${route}`)];
    });
    expect(sorted(requests)).toEqual(sorted(served));
  } finally {
    await service.close();
  }
});

test('docs/reference/acknowledgements.md has the answers of every gateway, word for word', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'acknowledgements-'));
  try {
    const table = rows(section(read('docs/reference/acknowledgements.md'), 'Answers'));
    const names = GATEWAYS.map(({ name }) => name);
    expect(sorted(table.map(([name]) => codes(name!)[0]!))).toEqual(sorted(names));
    // Without a signer there are no settings, so the answers of such a gateway are not compared.
    const gateways = new Gateways(gatewaySettings(await sandboxKeys(folder)));
    for (const [name, ...cells] of table) {
      const gateway = gateways.get(codes(name!)[0]!);
      if (!gateway) continue;
      const { stored, rejected, malformed, unavailable } = gateway.replies;
      const replies: Reply[] = [stored, rejected, malformed, unavailable];
      expect(cells.slice(0, 4).map((cell) => Number.parseInt(cell, 10))).toEqual(
        replies.map(({ status }) => status),
      );
      expect(codes(cells[0]!)[0]).toBe(stored.body);
      for (const [index, { body = '' }] of replies.entries()) {
        const [shown] = codes(cells[index]!);
        expect({ shown, body, isRight: shown === undefined || matches([shown], [body]) }).toMatchObject({
          isRight: true,
        });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('docs/gateways has a page for every gateway', () => {
  const missing = GATEWAYS.filter(({ name }) => !existsSync(`docs/gateways/${name}.md`));
  expect(missing.map(({ name }) => name)).toEqual([]);
});

test('docs/architecture.md says of every runtime dependency why it is there', () => {
  const named = rows(section(read('docs/architecture.md'), 'What is installed to run, and why')).flatMap(
    ([names]) => codes(names!),
  );
  const packages = named.filter((name) => !name.includes('*'));
  expect(sorted(packages)).toEqual(sorted(Object.keys(packageJson.dependencies)));
});

test('docs/architecture.md shows every folder of src, and none that does not exist', () => {
  const tree = /```text\nsrc\/\n([\s\S]*?)```/.exec(read('docs/architecture.md'))![1]!;
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

test('docs/deployment.md migrates and starts production as the scripts do, with the environment', () => {
  const { start, 'start:prod': startProd, migrate } = packageJson.scripts;
  expect(startProd).toBe(start);
  const page = read('docs/deployment.md');
  expect(page).toContain(`\n${start!.replace('node ', 'node --env-file=/etc/quittance/production.env ')}\n`);
  const [, program] = /(dist\/src\/\S+)$/.exec(migrate!)!;
  expect(page).toMatch(new RegExp(`^node --env-file=/etc/quittance/production\\.env .*${program}\\b`, 'm'));
});

test('what documents name as the version of today is that of package.json', () => {
  const GREETED =
    /(?:Quittance (\d+\.\d+\.\d+) starts|\(version (\d+\.\d+\.\d+)\)|quittance_build_info\{version="(\d+\.\d+\.\d+)"\})/g;
  const INSTALLED = /\bquittance[:/](\d+\.\d+\.\d+)/g;
  const versionsIn = (file: string, pattern: RegExp) =>
    [...read(file).matchAll(pattern)].map(([, ...found]) => `${file}: ${found.find(Boolean)}`);
  const installed = versionsIn('docs/deployment.md', INSTALLED);
  expect(installed.length).toBeGreaterThan(0);
  const named = [...installed, ...documents().flatMap((file) => versionsIn(file, GREETED))];
  expect(named.filter((each) => !each.endsWith(`: ${packageJson.version}`))).toEqual([]);
});

test('docs/operations/upgrading.md says how to come to the version of package.json', () => {
  const releases = rows(read('docs/operations/upgrading.md')).flatMap((cells) =>
    cells.flatMap((cell) => cell.match(/\b\d+\.\d+\.\d+\b/g) ?? []),
  );
  expect(releases).toContain(packageJson.version);
});
