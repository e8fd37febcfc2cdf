// Every measure starts with a copy of the same database, so that no measure works with the rows of another.
import pg from 'pg';
import { migrate } from '../../dist/src/adapters/postgres/schema.js';

export class Databases {
  #copies = 0;

  constructor(server) {
    this.server = server;
  }

  /** Makes an empty database with the schema. Adds its removal to `cleanup`, if one is given. */
  async create(name, cleanup) {
    await this.#admin((client) => client.query(`CREATE DATABASE ${name}`));
    cleanup?.add(() => this.#drop(name));
    await migrate(this.server.url(name));
    return this.server.url(name);
  }

  /** Makes a copy, and adds its removal to `cleanup`. */
  async copy(template, cleanup) {
    const name = `copy_${++this.#copies}`;
    await this.#admin(async (client) => {
      // Copies files. The default of newer versions writes everything to the write-ahead log.
      const strategy = (await versionOf(client)) >= 150_000 ? 'STRATEGY file_copy' : '';
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} ${strategy}`);
    });
    cleanup.add(() => this.#drop(name));
    return this.server.url(name);
  }

  /** The version and the durability settings, for the report. */
  settings() {
    return this.#admin(async (client) => {
      const { rows } = await client.query(
        `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
                current_setting('synchronous_commit') AS synchronous_commit,
                current_setting('shared_buffers') AS shared_buffers`,
      );
      return rows[0];
    });
  }

  #drop(name) {
    return this.#admin((client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }

  #admin(work) {
    return connected(this.server.url('postgres'), work);
  }
}

/** Opens a connection for the duration of the work. */
export async function connected(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function versionOf(client) {
  return Number((await client.query('SHOW server_version_num')).rows[0].server_version_num);
}
