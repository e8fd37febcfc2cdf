import type { ChildProcess } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { type Build, build } from '../../tools/chaos/built-service.js';
import { onServer } from '../database.js';

/** The advisory lock for the build, which every worker process of a run may try at the same time. */
const BUILD_LOCK = 7_254_119;

/**
 * The service as it is shipped. The first caller of a test run builds it, and the others use the same folder, which test/global-teardown.mjs
 * removes. `remove` only ends the processes of its caller.
 */
export async function buildOfRun(): Promise<Build> {
  const folder = process.env.TEST_BUILD;
  if (!folder) throw new Error('No folder for the build: run the tests with `npm test`, which chooses one.');
  await onServer(async (server) => {
    await server.query('SELECT pg_advisory_lock($1)', [BUILD_LOCK]);
    if (existsSync(folder)) return;
    // It gets its name when it is complete, so that a failed build leaves no folder under this name.
    renameSync((await build()).folder, folder);
  });
  const children = new Set<ChildProcess>();
  return { folder, children, remove: () => children.forEach((child) => child.kill('SIGKILL')) };
}
