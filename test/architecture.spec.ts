import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

interface Import {
  /** Relative to `src`, or the name of a package. */
  readonly target: string;
  readonly isDynamic: boolean;
}

const SRC = path.resolve('src');

const sources = fs
  .readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => {
    const text = fs.readFileSync(path.join(SRC, file), 'utf8');
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    return { file: file.replaceAll(path.sep, '/'), text, tree };
  });

/** `application/ports` → `application`, `adapters/http/problem` → `adapters/http`, `config` → ``. */
function layerOf(file: string): string {
  const folders = file.split('/').slice(0, -1);
  return folders.slice(0, folders[0] === 'adapters' ? 2 : 1).join('/');
}

function importsOf(tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (name: ts.Node | undefined, isDynamic: boolean) => {
    if (!name || !ts.isStringLiteralLike(name)) return;
    const target = name.text.startsWith('.')
      ? path.posix.join(path.posix.dirname(tree.fileName), name.text)
      : name.text;
    found.push({ target, isDynamic });
  };
  visit(tree, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier, false);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, false);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], true);
  });
  return found;
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

function isOurs(target: string): boolean {
  return sources.some(({ file }) => file === target.replace(/\.js$/, '.ts'));
}

/** What files of these layers import against the rule, as `from → to`. */
function breaches(layer: RegExp, isAllowed: (imported: Import, from: string) => boolean): string[] {
  return sources
    .filter(({ file }) => layer.test(file))
    .flatMap(({ file, tree }) =>
      importsOf(tree)
        .filter((imported) => !isAllowed(imported, file))
        .map(({ target }) => `${file} → ${target}`),
    );
}

describe('who may import whom', () => {
  test('the rules see every folder and every import', () => {
    const layers = new Set(sources.map(({ file }) => layerOf(file)));
    for (const layer of [
      'domain',
      'application',
      'adapters/gateways',
      'adapters/http',
      'adapters/persistence',
    ]) {
      expect(layers).toContain(layer);
    }
    const relative = sources
      .flatMap(({ tree }) => importsOf(tree))
      .filter(({ target }) => target.endsWith('.js'));
    const outside = relative.filter(({ target }) => !isOurs(target)).map(({ target }) => target);
    expect(outside.filter((target) => target !== 'big.js' && !target.startsWith('../migrations/'))).toEqual(
      [],
    );
  });

  test('the domain imports the domain and big.js, and nothing else', () => {
    expect(
      breaches(/^domain\//, ({ target }) => target === 'big.js' || layerOf(target) === 'domain'),
    ).toEqual([]);
  });

  test('the application imports the domain and itself, and no package at all', () => {
    const inward = ['domain', 'application'];
    expect(
      breaches(/^application\//, ({ target }) => isOurs(target) && inward.includes(layerOf(target))),
    ).toEqual([]);
  });

  test('an adapter imports inward and packages, and of its siblings only http imports gateways', () => {
    const isAllowed = ({ target }: Import, from: string) => {
      if (!isOurs(target)) return true;
      const [own, other] = [layerOf(from), layerOf(target)];
      return (
        ['domain', 'application', own].includes(other) ||
        (own === 'adapters/http' && other === 'adapters/gateways')
      );
    };
    expect(breaches(/^adapters\//, isAllowed)).toEqual([]);
  });

  test('only the sandbox itself imports the sandbox; the service loads its keys when it needs them', () => {
    const isAllowed = ({ target, isDynamic }: Import) => isDynamic || layerOf(target) !== 'sandbox';
    expect(breaches(/^(?!sandbox\/)/, isAllowed)).toEqual([]);
  });
});

describe('small and flat', () => {
  test('no file has more than 250 lines', () => {
    const long = sources.filter(({ text }) => text.trimEnd().split('\n').length > 250);
    expect(long.map(({ file }) => file)).toEqual([]);
  });

  test('no function has more than 40 lines', () => {
    const long: string[] = [];
    for (const { file, tree } of sources) {
      visit(tree, (node) => {
        if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return;
        const lineAt = (position: number) => tree.getLineAndCharacterOfPosition(position).line + 1;
        // From its name: what decorators say of it is documentation.
        const [from, to] = [lineAt((node.name ?? node).getStart(tree)), lineAt(node.getEnd())];
        if (to - from + 1 > 40) long.push(`${file}:${from} has ${to - from + 1} lines`);
      });
    }
    expect(long).toEqual([]);
  });
});
