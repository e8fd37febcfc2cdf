import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
  readonly scarfSettings: { readonly enabled: boolean };
}
const { scripts, scarfSettings } = JSON.parse(readFileSync('package.json', 'utf8')) as Package;

test('no npm script deletes a build, from which a service may be running', () => {
  const deleting = Object.entries(scripts).filter(([, script]) => /\brm|unlink|rimraf|\bclean/i.test(script));
  expect(deleting).toEqual([]);
});

test('what production runs builds nothing: its hooks only look whether there is a build', () => {
  for (const name of ['migrate', 'start:prod']) {
    expect(scripts[`pre${name}`]).toMatch(/^node -e "fs\.existsSync\('dist\/src\/[a-z]+\.js'\)\|\|/);
    expect(scripts[name]).toMatch(/^node [^&|;]*dist\/src\/[a-z]+\.js$/);
  }
});

test('a start that builds first says so, in a form that every shell understands', () => {
  expect(scripts['prestart']).toMatch(
    /^node -e "console\.log\('Building [\w. ]+'\)" && npm run --silent build$/,
  );
});

test('a build in a folder without sources says so and does nothing', () => {
  expect(scripts['prebuild']).toContain(`fs.existsSync('tsconfig.build.json')||`);
  expect(scripts['prebuild']).toContain('npm run start:prod');
});

test('no package reports the installation', () => {
  expect(scarfSettings.enabled).toBe(false);
});
