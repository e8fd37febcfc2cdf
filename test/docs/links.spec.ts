import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { codes, documents, type Fence, parseMarkdown, read } from './markdown.js';

/** Beside those that a reader is led to, those that explain a folder. */
const ALL = [
  ...documents(),
  'clients/typescript/README.md',
  'test/fixtures/README.md',
  'tools/bench/README.md',
  'tools/mutation/README.md',
];

/** Without a scheme: `path#anchor`, each of which may be empty. */
interface Link {
  readonly file: string;
  readonly anchor: string;
}

function linksOf(document: string): Link[] {
  const text = parseMarkdown(read(document))
    .prose.join('\n')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[()[\]]/g, ' '));
  const targets = [...text.matchAll(/\]\(([^()\s]+)\)/g), ...text.matchAll(/^\[[^\]]+\]: (\S+)/gm)];
  return targets
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [to = '', anchor = ''] = target.split('#');
      return { file: to === '' ? document : path.posix.join(path.posix.dirname(document), to), anchor };
    });
}

describe.each(ALL)('%s', (document) => {
  test('links to files and headings that exist', () => {
    const dead = linksOf(document).filter(({ file, anchor }) => {
      if (!existsSync(file)) return true;
      if (anchor === '') return false;
      return (
        !file.endsWith('.md') ||
        !parseMarkdown(read(file)).headings.some((heading) => heading.anchor === anchor)
      );
    });
    expect(dead).toEqual([]);
  });

  test('names only files of this repository that exist', () => {
    const paths = /(?<![\w/.@-])(?:src|test|tools|migrations|clients|docs)\/[\w./*<>{},-]*[\w/]/g;
    const named = [...read(document).matchAll(paths)].map(([file]) => file);
    const missing = named.filter((file) => !isPattern(file) && !existsSync(file));
    expect(missing.filter((file) => !MADE_BY_RUNS.includes(file))).toEqual([]);
  });

  test('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const { fences, prose } = parseMarkdown(read(document));
    const code = [...codes(prose.join('\n')), ...fences.flatMap(({ lines }) => lines)].join('\n');
    const named = [...code.matchAll(/\bnpm (run )?(?:--silent )?([a-z][\w:-]*)/g)];
    const missing = named.filter(
      ([, run, name = '']) => !(name in scripts) && (run || !OF_NPM.includes(name)),
    );
    expect(missing.map(([command]) => command)).toEqual([]);
  });

  test('has no unfinished place', () => {
    expect(read(document).match(/\b(?:TODO|FIXME|XXX|TBD)\b|coming soon/g) ?? []).toEqual([]);
  });
});

/** For contributors: they name a file as the code around it does, often without its first folders. */
const FOR_CONTRIBUTORS = [
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/development/adding-a-gateway.md',
  'docs/development/testing.md',
];

describe.each(FOR_CONTRIBUTORS)('%s', (document) => {
  test('names in code only files and folders that exist, by any end of their paths', () => {
    const { prose, fences } = parseMarkdown(read(document));
    const words = [...codes(prose.join('\n').replace(/<[a-z -]+>/g, '<any>')), ...commandsIn(fences)].flatMap(
      (code) => code.split(/ +/),
    );
    const named = words.map((word) => word.replace(/^\.\//, '')).filter(isPath);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !FILES.some((file) => pathPattern(name).test(file)))).toEqual([]);
  });

  /** A reader who follows the document has applied some of them. */
  test('shows in each diff the lines that the file has today, or that it has after the diff', () => {
    const diffs = parseMarkdown(read(document)).fences.filter(({ language }) => language === 'diff');
    const stale = diffs.flatMap(({ introduction, lines }) => {
      const [, file = ''] = /^\*\*`(.+)`\*\*$/.exec(introduction) ?? [];
      const text = read(file);
      return hunksOf(lines)
        .filter((hunk) => !hunk.some((side) => text.includes(`\n${side}\n`)))
        .map(([before]) => `correct the diff of ${file} in ${document}, which has these lines:\n${before}`);
    });
    expect(stale).toEqual([]);
  });
});

const FILES = ['src', 'test', 'tools', 'migrations', 'clients', 'docs', '.ci']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.posix.join(folder, file)),
  )
  .concat(readdirSync('.'));

/** The lines of commands: `npm test -- test/domain`. */
const commandsIn = (fences: readonly Fence[]): string[] =>
  fences
    .filter(({ language }) => language === 'sh')
    .flatMap(({ lines }) => lines.filter((line) => line.startsWith('npm test ')));

/** A name that ends as a file of this repository does, or a path that begins with one of its folders. */
function isPath(name: string): boolean {
  if (/^[/~]|^dist\/|^@|NNNN|\$|\bresults\b|^embedded/.test(name)) return false;
  return (
    /^[\w./*<>{}-]+\.(?:ts|mjs|md|ya?ml)$/.test(name) ||
    /^(?:src|test|tools|migrations|clients|docs|domain|application|adapters)\/\S+$/.test(name)
  );
}

/** What stands for others: `<name>`, `*` and `…`. The example of a gateway has its files in `test/gateways/toy`. */
function pathPattern(name: string): RegExp {
  const literal = name
    .replace(/(?:\S*\/)?toy\//, 'toy/')
    .replace(/\/$/, '')
    .replace(/[.+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`(?:^|/)${literal.replace(/<[^>]*>|\*|…/g, '[^/]+')}$`);
}

/** What a diff expects to find: lines that stay and lines that go, in blocks that stand together. */
function hunksOf(lines: readonly string[]): [before: string, after: string][] {
  return lines
    .join('\n')
    .split(/^@@\n/m)
    .filter((hunk) => hunk.trim() !== '')
    .map((hunk) => [linesWithout('+', hunk), linesWithout('-', hunk)]);
}

const linesWithout = (sign: '+' | '-', hunk: string): string =>
  hunk
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith(sign))
    .map((line) => line.slice(1))
    .join('\n');

/** A name with a part that stands for others, or of the gateway in an example, which is in another folder. */
function isPattern(file: string): boolean {
  return /[*<>{}]|NNNN|\/toy\b/.test(file);
}

/** What tools write, which is not in the repository. */
const MADE_BY_RUNS = ['tools/bench/results.json', 'tools/chaos/results'];

/** Commands of npm itself. */
const OF_NPM = ['ci', 'install'];

test('every document is reached from the README through the index of the documents', () => {
  const reached = new Set(['README.md']);
  for (const document of reached) {
    if (document !== 'README.md' && !document.endsWith('/README.md')) continue;
    for (const { file } of linksOf(document)) if (file.endsWith('.md')) reached.add(file);
  }
  expect(reached).toContain('docs/README.md');
  expect(documents().filter((document) => !reached.has(document))).toEqual([]);
});

test('every folder that a link leads to has a README', () => {
  const folders = ALL.flatMap(linksOf)
    .map(({ file }) => file)
    .filter((file) => existsSync(file) && statSync(file).isDirectory());
  expect(folders.filter((folder) => !existsSync(path.join(folder, 'README.md')))).toEqual([]);
});

test('the README is read in minutes: it has 150 to 200 lines', () => {
  const lines = read('README.md').trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(150);
  expect(lines.length).toBeLessThanOrEqual(200);
});

test('lines of prose are at most 160 characters long', () => {
  const long = documents().flatMap((document) =>
    parseMarkdown(read(document))
      .prose.map((line, index) => ({ line, at: `${document}:${index + 1}` }))
      .filter(({ line }) => line.length > 160 && !line.trimStart().startsWith('|'))
      .map(({ at }) => at),
  );
  expect(long).toEqual([]);
});
