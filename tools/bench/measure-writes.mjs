// What a settled callback writes: entries of indexes, and bytes of the write-ahead log. PostgreSQL counts both itself.
import { connected } from './databases.mjs';
import { switchAutovacuumOff } from './measure-database.mjs';
import { faultsOf } from './payments.mjs';
import { faultsOfAnswers, prepareService, putLoad, sendLoad } from './run-load.mjs';
import { SIGNERS } from '../../dist/src/sandbox/gateways/registry.js';

const GATEWAY = 'standard-webhooks';
const EXTENSION = 'pg_walinspect';

/** Two measures share one run: the one that comes later takes the figures of the other. */
export const indexEntries = (bench) => shared(bench, 'wal');
export const wal = (bench) => shared(bench, 'index-entries');

async function shared(bench, other) {
  const figures = bench.figure(other);
  return figures ? { ...figures, faults: [] } : writes(bench);
}

/** Counts the records of the log between two positions. A vacuum would write records of its own, so it is switched off. */
async function writes(bench) {
  const { seconds, warmUpSeconds } = bench.options;
  const [before, count] = [bench.enough(GATEWAY, warmUpSeconds), bench.enough(GATEWAY, seconds)];
  const running = await prepareService(bench, { gateway: GATEWAY, count: before + count });
  const { url } = running;
  if (!(await connected(url, addExtension)))
    return { skipped: `PostgreSQL has no extension ${EXTENSION} (it comes with version 15)`, faults: [] };
  await connected(url, switchAutovacuumOff);
  const plan = { loop: 'closed', gateway: GATEWAY, connections: bench.connections, warmUpSeconds: 0 };
  const warmUp = await putLoad(bench, running, { ...plan, count: before, seconds: warmUpSeconds });
  const from = await connected(url, position);
  const measured = { ...plan, first: before, count, seconds };
  const { acknowledged, ...figures } = await sendLoad(bench, running, measured);
  // Before the check, whose queries may clean pages up, which is logged.
  const to = await connected(url, position);
  const expected = [String(SIGNERS[GATEWAY].acknowledgement.status)];
  const faults = await connected(url, (client) => faultsOf(client, before, acknowledged));
  return {
    ...figures,
    ...(await connected(url, (client) => written(client, from, to))),
    faults: [...warmUp.faults, ...faults, ...faultsOfAnswers(figures, expected)],
  };
}

async function addExtension(client) {
  const { rows } = await client.query('SELECT FROM pg_available_extensions WHERE name = $1', [EXTENSION]);
  if (rows.length > 0) await client.query(`CREATE EXTENSION IF NOT EXISTS ${EXTENSION}`);
  return rows.length > 0;
}

async function position(client) {
  const { rows } = await client.query(
    `SELECT pg_current_wal_insert_lsn() AS lsn, (SELECT count(*) FROM callbacks WHERE outcome = 'settled')::int AS settled`,
  );
  return rows[0];
}

/** The figures of one settled callback. Full-page images are apart, because their number depends on the checkpoints. */
async function written(client, from, to) {
  const settled = to.settled - from.settled;
  const { rows } = await client.query(
    `SELECT "resource_manager/record_type" AS type, count / $3::float8 AS count, record_size / $3::float8 AS bytes,
            fpi_size / $3::float8 AS images
       FROM pg_get_wal_stats($1, $2, true) WHERE count > 0 ORDER BY record_size DESC`,
    [from.lsn, to.lsn, settled],
  );
  const sum = (name, of = rows) => of.reduce((total, row) => total + row[name], 0);
  return {
    settled,
    indexEntries: sum(
      'count',
      rows.filter(({ type }) => type.startsWith('Btree/INSERT')),
    ),
    walBytes: sum('bytes'),
    walImageBytes: sum('images'),
    walRecords: rows,
  };
}
