import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startPostgres, type EmbeddedPostgres } from '../../src/development/embedded-postgres.js';

let folder: string;
let dir: string;
let servers: EmbeddedPostgres[] = [];

beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'quittance-spec-'));
  fs.chmodSync(folder, 0o755);
  dir = join(folder, 'postgres');
});

afterEach(async () => {
  for (const server of servers) await server.stop();
  servers = [];
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

async function start(where = dir): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ dir: where });
  servers.push(server);
  return server;
}

async function query(server: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

/** Kills the server without any clean-up, as kill -9 or the loss of the machine does. */
async function kill(server: EmbeddedPostgres): Promise<void> {
  const client = new Client({ connectionString: server.url() });
  client.on('error', () => undefined);
  await client.connect();
  const gone = new Promise((resolve) => client.once('end', resolve));
  process.kill(server.pid, 'SIGKILL');
  await gone;
}

test('a later start uses the same port, password and data', async () => {
  const first = await start();
  await query(first, 'CREATE TABLE stopped AS SELECT 42 AS answer');
  await first.stop();
  const second = await start();
  expect(second.url()).toBe(first.url());
  expect(second.reused).toBe(false);
  expect(await query(second, 'SELECT answer FROM stopped')).toEqual([42]);
});

test('port and password are stored in a file that only its owner can read', async () => {
  const server = await start();
  const file = `${dir}.json`;
  expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ port: server.port });
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(fs.statSync(server.dir).mode & 0o777).toBe(0o700);
});

test('the server refuses a wrong password', async () => {
  const { port } = await start();
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password: 'postgres' });
  await expect(client.connect()).rejects.toMatchObject({ code: '28P01' });
});

test('a server with a data folder survives the loss of the machine; an ephemeral one does not, and is faster', async () => {
  expect(await query(await start(), 'SHOW fsync')).toEqual(['on']);
  const ephemeral = await startPostgres({ ephemeral: true });
  expect(await query(ephemeral, 'SHOW fsync')).toEqual(['off']);
  await ephemeral.stop();
  expect(fs.existsSync(dirname(ephemeral.dir))).toBe(false);
});

describe('after a kill -9', () => {
  test('of the server, a start finds everything that was committed', async () => {
    const first = await start();
    await query(first, 'CREATE TABLE stored AS SELECT 42 AS answer');
    await kill(first);
    const second = await start();
    expect(second.pid).not.toBe(first.pid);
    expect(second.url()).toBe(first.url());
    expect(await query(second, 'SELECT answer FROM stored')).toEqual([42]);
  });

  test('of the server, a start is not deceived by another process that has its id', async () => {
    const first = await start();
    const lock = join(first.dir, 'postmaster.pid');
    const lines = fs.readFileSync(lock, 'utf8').split('\n');
    await first.stop();
    const { uid, gid } = fs.statSync(first.dir);
    const other = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid, gid } : {});
    await once(other, 'spawn');
    fs.writeFileSync(lock, [other.pid, ...lines.slice(1)].join('\n'));
    fs.chownSync(lock, uid, gid);
    try {
      const second = await start();
      expect(second.reused).toBe(false);
      expect(second.pid).not.toBe(other.pid);
    } finally {
      other.kill();
    }
  });

  test('of the process that had started it, a start finds the server running and uses it', async () => {
    const first = await start();
    const second = await start();
    expect(second).toMatchObject({ reused: true, pid: first.pid, port: first.port });
  });

  test('during the first start, the next one begins again', async () => {
    const dead = spawn('true');
    await once(dead, 'exit');
    const anew = join(folder, 'anew');
    fs.writeFileSync(`${anew}.starting`, `${dead.pid} dead`);
    fs.mkdirSync(`${anew}.unfinished`);
    fs.writeFileSync(join(`${anew}.unfinished`, 'PG_VERSION'), '18\n');
    expect(await query(await start(anew), 'SELECT 1')).toEqual([1]);
  });
});

test('two first starts at the same time share one server, which stops with the last process that uses it', async () => {
  const shared = join(folder, 'shared');
  const [first, second] = await Promise.all([start(shared), start(shared)]);
  expect(second.pid).toBe(first.pid);
  await first.stop();
  expect(await query(second, 'SELECT 1')).toEqual([1]);
  await second.stop();
  await expect(query(second, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('if another process has taken the port, the server gets a new one and stays on it', async () => {
  const first = await start();
  await first.stop();
  const other = createServer().listen(first.port, '127.0.0.1');
  await once(other, 'listening');
  try {
    const second = await start();
    expect(second.port).not.toBe(first.port);
    await second.stop();
    expect((await start()).port).toBe(second.port);
  } finally {
    other.close();
  }
});

test('a folder whose password is lost is left unchanged, and the error says what to do', async () => {
  const first = await start();
  await first.stop();
  fs.renameSync(`${dir}.json`, `${dir}.lost`);
  await expect(start()).rejects.toThrow(
    /postgres\.json, which has the password .* restore it, or remove the folder/,
  );
  fs.renameSync(`${dir}.lost`, `${dir}.json`);
  expect((await start()).url()).toBe(first.url());
});

test('the error of a server that does not start contains its output', async () => {
  const wrong = startPostgres({ dir, flags: { shared_buffers: 'plenty' } });
  await expect(wrong).rejects.toThrow(/invalid value for parameter "shared_buffers"/);
});

const testAsRoot = process.getuid?.() === 0 ? test : test.skip;

testAsRoot(
  'below a folder that only root can enter, the data is stored in another folder and is found again',
  async () => {
    const home = join(folder, 'home');
    fs.mkdirSync(home, { mode: 0o700 });
    const first = await start(join(home, 'postgres'));
    try {
      expect(first.dir).not.toContain(home);
      await query(first, 'CREATE TABLE stored AS SELECT 42 AS answer');
      await first.stop();
      const second = await start(join(home, 'postgres'));
      expect(second.dir).toBe(first.dir);
      expect(await query(second, 'SELECT answer FROM stored')).toEqual([42]);
      await second.stop();
    } finally {
      fs.rmSync(dirname(first.dir), { recursive: true });
    }
  },
);
