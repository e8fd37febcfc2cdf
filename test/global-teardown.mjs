import { rmSync } from 'node:fs';
import pg from 'pg';

/** What the first test that needs it creates, and all others share. */
export function removeSharedFolders() {
  for (const folder of [process.env.TEST_BUILD, process.env.TEST_SERVER_FOLDER])
    rmSync(folder, { recursive: true, force: true });
}

/** Stops the server of the run, or drops the databases that the run has created on the server of TEST_DATABASE_URL. */
export default async function globalTeardown() {
  removeSharedFolders();
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
