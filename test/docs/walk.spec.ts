import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms, runWalk } from './run-walk.js';
import { matches } from './transcript.js';
import { isWalk, parseWalk } from './walk.js';

const document = (...lines: string[]): string => lines.join('\n');

describe('a walk', () => {
  test('has the commands of a session with what each prints, and continued lines', () => {
    const text = document(
      '# Title',
      '',
      '```console',
      '$ echo a',
      'a',
      '$ for each in b c; do',
      '> echo $each',
      '> done',
      'b',
      'c',
      '$ true',
      '```',
    );
    expect(parseWalk(text).steps).toEqual([
      { line: 4, text: 'echo a', prints: ['a'] },
      { line: 6, text: 'for each in b c; do\necho $each\ndone', prints: ['b', 'c'] },
      { line: 11, text: 'true', prints: [] },
    ]);
  });

  test('has the blocks to paste, with what they print if it is shown in the same section', () => {
    const text = document(
      '```sh',
      'echo a',
      'echo b',
      '```',
      '',
      'It prints:',
      '',
      '```text',
      'a',
      'b',
      '```',
      '',
      '```sh',
      'echo c',
      '```',
      '# Next',
      '```text',
      'other',
      '```',
    );
    expect(parseWalk(text).steps).toEqual([
      { line: 2, text: 'echo a\necho b', prints: ['a', 'b'] },
      { line: 14, text: 'echo c', prints: null },
    ]);
  });

  test('has no commands that are only shown, and no document is a walk without any other', () => {
    const text = document(
      '```sh no-run',
      'npm start',
      '```',
      '```text',
      'ready',
      '```',
      '```json',
      '{}',
      '```',
    );
    expect(parseWalk(text).steps).toEqual([]);
    expect(isWalk(text)).toBe(false);
    expect(isWalk(document('```sh', 'echo a', '```'))).toBe(true);
  });

  test('loses the indent of the list item that its fence is in', () => {
    const text = document(
      '1. First',
      '',
      '   ```console',
      '   $ echo "a',
      '   >   b"',
      '   a',
      '     b',
      '   ```',
    );
    expect(parseWalk(text).steps).toEqual([{ line: 4, text: 'echo "a\n  b"', prints: ['a', '  b'] }]);
  });

  test('has the files that the reader is asked to save, and the settings of the service', () => {
    const text = document(
      '<!-- walk: A=1 B=two -->',
      'Save it as `a.mjs`:',
      '',
      '```js',
      'console.log(1);',
      '```',
    );
    expect(parseWalk(text)).toEqual({
      steps: [{ line: 5, name: 'a.mjs', content: 'console.log(1);\n' }],
      settings: { A: '1', B: 'two' },
    });
  });

  test('cannot have a line of a session before its first command, or a fence without an end', () => {
    expect(() => parseWalk(document('```console', 'echo a', '```'))).toThrow(
      'Line 2 is before the first "$ ".',
    );
    expect(() => parseWalk(document('text', '```sh', 'echo a'))).toThrow('The fence of line 2 has no end.');
  });
});

describe('what is shown', () => {
  const all = (expected: string, actual: string) => matches(expected.split('\n'), actual.split('\n'));

  test.each([
    ['the same lines', 'a\nb', 'a\nb\n'],
    ['text between', '{"id":"…","at":…}', '{"id":"1","at":2}'],
    ['nothing between', 'a…b', 'ab'],
    ['lines between', 'a\n…\nz', 'a\nb\nc\nz'],
    ['no lines between', 'a\n  …\nz', 'a\nz'],
    ['lines at the end', 'a\n…', 'a\nb'],
    ['lines at the begin', '…\nb', 'a\nb\nb'],
    ['spaces at the end', 'a', 'a  \n\n'],
    ['nothing', '', '\n'],
  ])('may be %s', (_, expected, actual) => expect(all(expected, actual)).toBe(true));

  test.each([
    ['another line', 'a\nb', 'a\nc'],
    ['a line less', 'a\nb', 'a'],
    ['a line more', 'a', 'a\nb'],
    ['a line where none is shown', '', 'a'],
    ['another end of a line', 'a…b', 'a1c'],
    ['an end that is also the begin', 'aba…aba', 'aba'],
    ['text of the next line', 'a…b', 'a\nb'],
    ['parts in another order', '…b…a…', 'a b'],
    ['another line after a gap', 'a\n…\nz', 'a\nb\ny'],
  ])('is not %s', (_, expected, actual) => expect(all(expected, actual)).toBe(false));

  test('is compared in no time where a line has many gaps and does not match', () => {
    expect(all('a…'.repeat(40) + 'b', 'a'.repeat(20_000))).toBe(false);
  });
});

(missingPrograms.length ? describe.skip : describe)('bash', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'walk-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...session: string[]): Promise<string[]> => {
    const walk = parseWalk(document('```console', ...session, '```'));
    return runWalk('walk.md', walk, { url: 'http://127.0.0.1:45678', dataDir: folder, built: folder });
  };

  test('runs all commands in one process, in the folder of the service', async () => {
    expect(
      await run(
        '$ a=1; twice() {',
        '>   echo $1 $1',
        '> }',
        '$ twice $a',
        '1 1',
        '$ ls package.json',
        'package.json',
      ),
    ).toEqual([]);
  });

  test('has another address and other ports, which are shown as in the document', async () => {
    const other = [
      '$ port=9000; ((port > 9999)) && echo localhost:9000 is localhost:$port',
      'localhost:9000 is localhost:9000',
    ];
    expect(
      await run('$ echo http://127.0.0.1:3000 $((3000 + 1))', 'http://127.0.0.1:3000 45679', ...other),
    ).toEqual([]);
  });

  test('reports wrong output with its line, the command, and both texts', async () => {
    expect(await run('$ echo a', 'a', '$ echo b', 'c')).toEqual([
      'walk.md:4\n  $ echo b\nshould print:\n    c\nprinted:\n    b',
    ]);
  });

  test('reports a missing line, and a line where none is shown', async () => {
    expect(await run('$ echo a', 'a', 'b', '$ echo c')).toEqual([
      expect.stringContaining('walk.md:2\n'),
      expect.stringContaining('walk.md:5\n'),
    ]);
  });

  test('reports a command that fails although nothing says so, in the middle of a block as well', async () => {
    expect(await run('$ false')).toEqual([
      'walk.md:2\n  $ false\nfailed with exit code 1: false\nprinted:\n    ',
    ]);
    expect(await run('$ (exit 3)', '> echo a', 'a')).toEqual([expect.stringContaining('exit code 3')]);
    expect(await run('$ fails() { return 4; }; fails', '$ x=$(exit 5)')).toEqual([
      expect.stringContaining('exit code 4: '),
      expect.stringContaining('exit code 5: '),
    ]);
    expect(await run('$ false; echo $?', '1', '$ false || echo "as it should"', 'as it should')).toEqual([]);
  });

  test('reports what is not a command, and goes on', async () => {
    expect(await run('$ no-such-command', '$ echo "a', '$ echo b', 'b')).toEqual([
      expect.stringContaining('exit code 127'),
      expect.stringContaining('walk.md:3\n'),
    ]);
  });

  test('reports what comes after the end of the process', async () => {
    expect(await run('$ exit 0', '$ echo a', 'a')).toEqual([
      expect.stringContaining('was not run'),
      expect.stringContaining('was not run'),
    ]);
  });

  test('has neither jq nor commands of npm other than the sandbox', async () => {
    expect(await run('$ echo {} | jq .', '$ npm test')).toEqual([
      expect.stringContaining('a walk must not need jq'),
      expect.stringContaining('a walk cannot run npm test'),
    ]);
  });

  test('ends what the walk has left behind', async () => {
    const since = performance.now();
    expect(await run('$ sleep 60 &')).toEqual([]);
    expect(performance.now() - since).toBeLessThan(10_000);
  });
});
