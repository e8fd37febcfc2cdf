import pg from 'pg';

/** Leaves nothing: neither the run's own server nor the databases it made on somebody else's. */
export default async function globalTeardown() {
  if (globalThis.testServer) {
    await globalThis.testServer.stop();
    globalThis.testServer = undefined;
    return;
  }
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
  await client.connect();
  const ours = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [
    `quittance_${process.env.TEST_RUN}_`,
  ]);
  for (const { datname } of ours.rows) await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
  await client.end();
}
