import pg from 'pg';

/** Stops the server of the run, or drops the databases that the run has created on the server of TEST_DATABASE_URL. */
export default async function globalTeardown() {
  if (globalThis.testServer) {
    await globalThis.testServer.stop();
    globalThis.testServer = undefined;
    return;
  }
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
  await client.connect();
  const created = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [
    `quittance_${process.env.TEST_RUN}_`,
  ]);
  for (const { datname } of created.rows)
    await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
  await client.end();
}
