import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

/**
 * All tests of the rules as one file: for each mutant everything is loaded anew, once and not once for each file. A mutant
 * that breaks the loading itself is noticed by that. Hooks outside of a `describe` are then everybody's, so those that stop the
 * clock stand inside of one.
 */
const SPECS = ['test/domain', 'test/application'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => path.posix.join('../..', folder, name.replace(/\.ts$/, '.js'))),
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
