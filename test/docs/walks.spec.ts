import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { Semaphore } from '../../src/application/semaphore.js';
import { sandboxKeys } from '../../src/sandbox/keys.js';
import { type Build, start } from '../../tools/chaos/built-service.js';
import { type FreshDatabase, databaseOfItsOwnServer } from '../database.js';
import { documents, read } from './markdown.js';
import { quickBuild } from './quick-build.js';
import { missingPrograms, runWalk } from './run-walk.js';
import { isWalk, parseWalk } from './walk.js';

/** The documents with commands that a reader can run, so that one that has lost them is noticed. */
const WALKS = [
  'README.md',
  'docs/gateways/alipay.md',
  'docs/gateways/standard-webhooks.md',
  'docs/gateways/stripe.md',
  'docs/gateways/wechat-pay.md',
  'docs/getting-started.md',
  'docs/operations/cases.md',
  'docs/operations/replay-and-explain.md',
  'docs/operations/workers.md',
  'docs/reference/events.md',
];

test('the walks are the documents that have commands to run', () => {
  expect(documents().filter((document) => isWalk(read(document)))).toEqual(WALKS.toSorted());
});

describe.each(WALKS)('%s', (document) => {
  test('says how to start the service that it needs', () => {
    const shown = read(document).replace(/<!--[\s\S]*?-->/g, '');
    expect(shown).toContain('npm start');
    const { settings } = parseWalk(read(document));
    const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    expect(pairs.filter((pair) => !shown.includes(pair))).toEqual([]);
  });
});

/** Most of the time of a walk it waits: for the service to start, and for its own sleeps. */
const AT_ONCE = 3;

const cannotRun = missingPrograms.length ? `(skipped without ${missingPrograms.join(' and ')})` : '';
(cannotRun ? describe.skip : describe)(
  `a reader who pastes the commands gets what is shown ${cannotRun}`,
  () => {
    let built: Build;
    let database: FreshDatabase;
    let faults: Map<string, Promise<string[]>>;

    beforeAll(async () => {
      // A server of their own: the relay of events waits for every open transaction of its server, and other tests keep some open.
      [built, database] = await Promise.all([quickBuild(), databaseOfItsOwnServer()]);
      const turns = new Semaphore(
        { running: AT_ONCE, waiting: WALKS.length, waitMs: 600_000 },
        (why) => new Error(why),
      );
      const run = (document: string, index: number) => turns.run(() => follow(document, `walk_${index}`));
      // The longest take the longest.
      const longestFirst = WALKS.toSorted((one, other) => read(other).length - read(one).length);
      faults = new Map(longestFirst.map((document, index) => [document, run(document, index)]));
      await Promise.allSettled(faults.values());
    }, 600_000);
    afterAll(async () => {
      built.remove();
      await database.drop();
    });

    /** Starts a service on an empty database and an empty data folder, as `npm start` does, and runs the walk. */
    async function follow(document: string, databaseName: string): Promise<string[]> {
      const faultsAtOnce = await runOnce(document, databaseName, 1);
      // On a busy machine events and workers take longer than a reader waits for them.
      return faultsAtOnce.length === 0 ? [] : runOnce(document, `${databaseName}_again`, 4);
    }

    async function runOnce(document: string, databaseName: string, patience: number): Promise<string[]> {
      const walk = parseWalk(read(document));
      const dataDir = mkdtempSync(path.join(tmpdir(), 'quittance-walk-data-'));
      const keys = path.join(tmpdir(), 'quittance-test-keys');
      await sandboxKeys(keys);
      // To make new ones would take a second.
      copyFileSync(path.join(keys, 'development-keys.json'), path.join(dataDir, 'development-keys.json'));
      const databaseUrl = await emptyDatabase(databaseName);
      const service = await start(built, databaseUrl, { DATA_DIR: dataDir, ...walk.settings });
      try {
        return await runWalk(document, walk, { url: service.url, dataDir, built: built.folder, patience });
      } finally {
        await service.end('SIGTERM');
        rmSync(dataDir, { recursive: true });
      }
    }

    async function emptyDatabase(name: string): Promise<string> {
      const url = new URL(database.url);
      const template = url.pathname.slice(1);
      url.pathname = '/postgres';
      const client = new Client({ connectionString: url.href });
      await client.connect();
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
      await client.end();
      url.pathname = `/${name}`;
      return url.href;
    }

    test.each(WALKS)('%s', async (document) => {
      const faultsOfIt = await faults.get(document)!;
      expect(faultsOfIt.join('\n\n')).toBe('');
    });
  },
);
