import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import { DataSource } from 'typeorm';
import { Connection, withConnection } from '../../src/adapters/postgres/engine/connection.js';
import { dataSourceOptions } from '../../src/adapters/postgres/engine/data-source.js';
import { FAULTS, explainFault } from '../../src/adapters/postgres/engine/explain-fault.js';
import { faultOf } from '../../src/adapters/postgres/engine/faults.js';
import { PLANNER } from '../../src/adapters/postgres/engine/session.js';
import { SCHEMA } from '../../src/adapters/postgres/schema.js';
import { type EmbeddedPostgres, startPostgres } from '../../src/development/embedded-postgres.js';
import { ANOTHER_CERTIFICATE, CERTIFICATE, CERTIFICATE_KEY } from '../fixtures/tls-certificate.js';

let postgres: EmbeddedPostgres;
let folder: string;
const servers: Server[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  postgres = await startPostgres({ ephemeral: true });
  folder = mkdtempSync(path.join(tmpdir(), 'quittance-tls-'));
  writeFileSync(path.join(folder, 'ca.pem'), CERTIFICATE);
  writeFileSync(path.join(folder, 'another.pem'), ANOTHER_CERTIFICATE);
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
});

/** A server that answers the first bytes of each connection. Returns the part of a URL that names it. */
async function serverThat(answers: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answers(socket));
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}/quittance`;
}

const TIMEOUTS = {
  lock_timeout: 1_000,
  statement_timeout: 1_000,
  idle_in_transaction_session_timeout: 1_000,
};

/** What an operator reads when a connection to the URL fails. It is also told as temporary, and not as a bug. */
async function explained(url: string): Promise<string> {
  const session = { planner: PLANNER, timeouts: TIMEOUTS, schema: null };
  const config = { connectionString: url, connectionTimeoutMillis: 3_000, session };
  const client = new Connection(config);
  client.on('error', () => undefined);
  const error: unknown = await client.connect().then(
    () => new Error('it connected'),
    (reason: unknown) => reason,
  );
  await client.end().catch(() => undefined);
  expect(faultOf(error)).toBe('temporary');
  const { text, detail } = explainFault(error);
  expect(detail).not.toContain('\n');
  return text;
}

const withCredentials = (user: string, password: string): string => {
  const url = new URL(postgres.url());
  return Object.assign(url, { username: user, password }).href;
};

test('a wrong password, and a role that does not exist', async () => {
  expect(await explained(withCredentials('postgres', 'wrong'))).toBe(FAULTS.log_in);
  expect(await explained(withCredentials('nobody_here', 'wrong'))).toBe(FAULTS.log_in);
});

test('no password', async () => {
  expect(await explained(withCredentials('postgres', ''))).toBe(FAULTS.no_password);
});

test('a database that does not exist', async () => {
  expect(await explained(postgres.url('no_such_database'))).toBe(FAULTS.no_database);
});

test('a server without TLS, where the URL asks for it', async () => {
  expect(await explained(`${postgres.url()}?sslmode=verify-full`)).toBe(FAULTS.no_tls);
});

test('a certificate that is not trusted, one that another CA has signed, and one that is trusted but for another name', async () => {
  // The server says that it speaks TLS, and then does.
  const host = await serverThat((socket) => {
    socket.write('S');
    new TLSSocket(socket, { isServer: true, key: CERTIFICATE_KEY, cert: CERTIFICATE }).on(
      'error',
      () => undefined,
    );
  });
  const url = `postgres://me:pw@${host}?sslmode=verify-full`;
  expect(await explained(url)).toBe(FAULTS.certificate);
  expect(await explained(`${url}&sslrootcert=${path.join(folder, 'another.pem')}`)).toBe(
    FAULTS.certificate_ca,
  );
  expect(await explained(`${url}&sslrootcert=${path.join(folder, 'ca.pem')}`)).toBe(FAULTS.certificate_host);
});

test('a server that takes only TLS', () => {
  const message = 'no pg_hba.conf entry for host "10.0.0.1", user "a", database "b", no encryption';
  expect(explainFault(Object.assign(new Error(message), { code: '28000' })).text).toBe(FAULTS.tls_required);
});

test('a port of another program', async () => {
  const host = await serverThat((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect(await explained(`postgres://me:pw@${host}?sslmode=verify-full`)).toBe(FAULTS.not_postgres);
});

test('a port where nothing listens, or that hangs up', async () => {
  expect(await explained('postgres://me:pw@127.0.0.1:1/quittance')).toBe(FAULTS.unreachable);
  const host = await serverThat((socket) => socket.end());
  expect(await explained(`postgres://me:pw@${host}`)).toBe(FAULTS.unreachable);
});

test('a host name that does not resolve', async () => {
  expect(await explained('postgres://me:pw@no-such-host.invalid/quittance')).toBe(FAULTS.host_unknown);
});

test('where no connection is free in time, the database or the machine was too slow, and DATABASE_URL may be right', async () => {
  const pool = await new DataSource(dataSourceOptions(SCHEMA, postgres.url(), 1)).initialize();
  const soon = () => performance.now() + 1_000;
  const fault = await withConnection(pool, soon(), () =>
    withConnection(pool, performance.now() + 10, () => Promise.resolve(null)).catch(explainFault),
  );
  expect(fault).toMatchObject({ code: 'slow_connection', text: FAULTS.slow_connection });
  expect(FAULTS.slow_connection).toContain('answered too slowly');
  await pool.destroy();
});
