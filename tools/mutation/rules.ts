import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * The tests of the rules as one file. Each test file of a run loads all modules again, so one file makes the run of a mutant
 * faster. A mutant that breaks the loading is killed by the tests below. A hook outside of a `describe` runs for the tests of
 * every spec, so specs with fake timers set these inside a `describe`.
 */
const SPECS = ['test/domain', 'test/application'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => path.posix.join('../..', folder, name.replaceAll(path.sep, '/').replace(/\.ts$/, '.js'))),
);

for (const spec of SPECS) {
  const fault = await import(spec).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  test(`${spec} can be loaded`, () => {
    expect(fault).toBeNull();
  });
}
