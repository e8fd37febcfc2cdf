import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { faultsOfFunctions } from './fixtures/function-plans.js';
import { analyze, forgetStatistics, insertAllRows, insertFirstRows } from './fixtures/generated-rows.js';
import { type PlanServer, isInstalled, startEmbedded, startInstalled } from './fixtures/plan-servers.js';
import { QUERY_CALLS } from './fixtures/query-calls.js';
import { recordCalls, type RecordedCalls } from './fixtures/recorded-statements.js';
import { REPOSITORY_CALLS } from './fixtures/repository-calls.js';
import { StatementPlans } from './fixtures/statement-plans.js';

const ROWS = 300_000;
/** For a statement that changes 50 to 200 rows, with all indexes of their table. */
const MOST_PAGES = 3_000;
const SETUP_MS = 120_000;

test('the plans of every method of every repository and of all queries are examined', () => {
  const ports = [...REPOSITORY_CALLS, ...QUERY_CALLS];
  const examined = ports.map(({ port, calls }) => [port.name, Object.keys(calls).toSorted()]);
  expect(Object.fromEntries(examined)).toEqual(methodsOfPorts());
});

/** From the sources, because an abstract method does not exist when the program runs. */
function methodsOfPorts(): Record<string, string[]> {
  const folder = path.join(process.cwd(), 'src/application');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const ports = files.filter((file) => /-(repository|queries)\.ts$/.test(file));
  return Object.fromEntries(
    ports.flatMap((file) => {
      const [, ...classes] = readFileSync(path.join(folder, file), 'utf8').split('export abstract class ');
      return classes.map((text) => [
        text.slice(0, text.indexOf(' ')),
        [...text.matchAll(/^ {2}abstract (\w+)[<(]/gm)].map(([, name]) => name!).toSorted(),
      ]);
    }),
  );
}

type Describe = (name: string, body: () => void) => void;

function planSuite(name: string, start: () => Promise<PlanServer>, describeIt: Describe): void {
  describeIt(`on ${name} every statement finds its rows by an index`, () => {
    let server: PlanServer;
    let calls: readonly RecordedCalls[];
    let admin: Client;
    const opened: StatementPlans[] = [];
    let empty: StatementPlans;
    let large: StatementPlans;

    beforeAll(async () => {
      server = await start();
      admin = await connect(server.url('postgres'));
      await admin.query(`CREATE DATABASE empty TEMPLATE template0 ENCODING 'UTF8'`);
      await migrate(server.url('empty'));
      // Rows leave pages behind also if they are rolled back, and the other tests need tables without any.
      for (const database of ['functions', 'large'])
        await admin.query(`CREATE DATABASE ${database} TEMPLATE empty`);
      await admin.end();
      admin = await connect(server.url('large'));
      await insertFirstRows(admin);
      await insertAllRows(admin, ROWS);
      calls = await recordCalls(server.url('large'));
      empty = await StatementPlans.open(server.url('empty'));
      large = await StatementPlans.open(server.url('large'));
      opened.push(empty, large);
    }, SETUP_MS);
    afterAll(async () => {
      await Promise.all(opened.map((each) => each.close()));
      await admin?.end();
      await server?.stop();
    });

    test('in an empty schema that was never analysed', async () => {
      expect(await empty.faults(calls)).toEqual([]);
      expect(await faultsOfFunctions(server.url('functions'))).toEqual([]);
    });

    test('in an empty schema that was analysed, if a connection keeps its plan while the tables grow', async () => {
      await empty.execute('ANALYZE');
      expect(await empty.faults(calls, ({ isPrepared }) => isPrepared)).toEqual([]);
    });

    // The order matters from here on: each test changes the statistics of the large tables.

    test(`in tables of ${ROWS} rows that were analysed when they had one row`, async () => {
      expect(await large.faults(calls)).toEqual([]);
      expect(await faultsOfFunctions(server.url('large'))).toEqual([]);
      expect(await large.wideStatements(calls, MOST_PAGES)).toEqual([]);
    });

    test(`in tables of ${ROWS} rows that were never analysed`, async () => {
      await forgetStatistics(admin);
      expect(await large.faults(calls)).toEqual([]);
      expect(await faultsOfFunctions(server.url('large'))).toEqual([]);
      expect(await large.wideStatements(calls, MOST_PAGES)).toEqual([]);
    });

    test(`in tables of ${ROWS} rows with statistics`, async () => {
      await analyze(admin);
      expect(await large.faults(calls)).toEqual([]);
      expect(await faultsOfFunctions(server.url('large'))).toEqual([]);
      expect(await large.wideStatements(calls, MOST_PAGES)).toEqual([]);
    });
  });
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

planSuite('the embedded PostgreSQL', startEmbedded, describe);
planSuite('PostgreSQL 15', () => startInstalled(15), isInstalled(15) ? describe : describe.skip);
