// A PostgreSQL server for this run, with default settings: the embedded one, or that of another installation.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { startPostgres } from '../../dist/src/development/embedded-postgres.js';

/** Returns the addresses of its databases, and the id of its first process. `bin` is a folder with initdb and pg_ctl, or null. `flags` are settings other than the defaults. */
export async function startServer({ folder, bin, flags, cleanup }) {
  // PostgreSQL's user has to pass through it to the data folder.
  chmodSync(folder, 0o755);
  const dir = join(folder, 'postgres');
  if (bin) return startPrograms({ dir, bin, flags, cleanup });
  const starting = startPostgres({ dir, flags });
  cleanup.add(async () => {
    const started = await starting.catch(() => null);
    await started?.stop();
    // If PostgreSQL's user cannot reach the folder, its data are in another one.
    if (started && started.dir !== dir) rmSync(dirname(started.dir), { recursive: true, force: true });
  });
  const { url, pid } = await starting;
  return { url, pid };
}

async function startPrograms({ dir, bin, flags, cleanup }) {
  for (const program of ['initdb', 'pg_ctl']) {
    if (!existsSync(join(bin, program)))
      throw new Error(
        `There is no ${program} in ${bin}. --postgres-bin takes the bin folder of a PostgreSQL installation.`,
      );
  }
  const account = unprivileged();
  const run = (program, args) => {
    execFileSync(join(bin, program), args, {
      ...account,
      cwd: dirname(dir),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  };
  mkdirSync(dir, { mode: 0o700 });
  if (account.uid !== undefined) chownSync(dir, account.uid, account.gid);
  run('initdb', ['-D', dir, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C']);
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    ...flags,
  };
  const given = Object.entries(settings).map(([name, value]) => `-c "${name}=${value}"`);
  cleanup.add(() => run('pg_ctl', ['stop', '-w', '-m', 'fast', '-D', dir]));
  run('pg_ctl', ['start', '-w', '-D', dir, '-l', join(dir, 'server.log'), '-o', given.join(' ')]);
  const pid = Number(readFileSync(join(dir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  return { pid, url: (database = 'postgres') => `postgres://postgres@127.0.0.1:${port}/${database}` };
}

/** PostgreSQL refuses to run as root. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
