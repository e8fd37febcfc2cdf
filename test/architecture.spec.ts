import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

interface Import {
  /** Relative to `src`, or the name of a package. */
  readonly target: string;
  readonly isDynamic: boolean;
  /** It vanishes when the code is built. */
  readonly isType?: boolean;
}

interface Source {
  readonly file: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

const SRC = path.resolve('src');

const sources: readonly Source[] = fs
  .readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((name) => {
    const file = name.replaceAll(path.sep, '/');
    const text = fs.readFileSync(path.join(SRC, name), 'utf8');
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    return { file, tree, imports: importsOf(tree) };
  });
const files = new Set(sources.map(({ file }) => file));

/** Type imports count as well: a reader has to follow them. */
function importsOf(tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (name: ts.Node | undefined, isDynamic: boolean, isType = false) => {
    if (!name || !ts.isStringLiteralLike(name)) return;
    const target = name.text.startsWith('.')
      ? path.posix.join(path.posix.dirname(tree.fileName), name.text).replace(/\.js$/, '.ts')
      : name.text;
    found.push({ target, isDynamic, isType });
  };
  visit(tree, (node) => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, false, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, false);
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

const isOurs = (target: string): boolean => files.has(target);
const folderOf = (file: string): string => path.posix.dirname(file);

/** `adapters/http/server/problem.ts` → `http`. */
const adapterOf = (file: string): string | undefined => /^adapters\/([^/]+)\//.exec(file)?.[1];

/** What files of this kind import against the rule, as `from → to`. */
function breaches(kind: RegExp, isAllowed: (imported: Import, from: string) => boolean): string[] {
  return sources
    .filter(({ file }) => kind.test(file))
    .flatMap(({ file, imports }) =>
      imports.filter((imported) => !isAllowed(imported, file)).map(({ target }) => `${file} → ${target}`),
    );
}

describe('who may import whom', () => {
  test('every import of a file of ours is found, so that no rule passes because it sees nothing', () => {
    for (const layer of [
      'composition',
      'config',
      'domain/orders',
      'application/callbacks',
      'adapters/postgres/engine',
    ]) {
      expect([...files].some((file) => file.startsWith(`${layer}/`))).toBe(true);
    }
    const relative = sources
      .flatMap(({ imports }) => imports)
      .filter(({ target }) => /\.ts$|^\.\./.test(target));
    const outside = relative.filter(({ target }) => !isOurs(target) && !target.startsWith('../migrations/'));
    expect(outside).toEqual([]);
    expect(relative.length).toBeGreaterThan(400);
  });

  test('no circle of imports exists, type imports included', () => {
    const next = new Map(
      sources.map(({ file, imports }) => [file, imports.map(({ target }) => target).filter(isOurs)]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
      if (way.includes(file) || done.has(file)) return;
      next.get(file)?.forEach((target) => walk(target, [...way, file]));
      done.add(file);
    };
    files.forEach((file) => walk(file, []));
    expect(circles).toEqual([]);
  });

  test('the domain imports big.js and the domain only', () => {
    expect(
      breaches(/^domain\//, ({ target }) => target === 'big.js' || target.startsWith('domain/')),
    ).toEqual([]);
  });

  test('each part of the domain imports only parts that come before it', () => {
    // A place in the order is no promise: some of these folders do not exist yet.
    const order = [
      'domain/money.ts',
      'domain/transitions.ts',
      'domain/attribution.ts',
      'domain/event.ts',
      'domain/orders',
      'domain/payments',
      'domain/callbacks',
      'domain/refunds',
      'domain/disputes',
      'domain/cases',
      'domain/settlement',
      'domain/statements',
      'domain/events',
    ];
    const placeOf = (file: string) => order.findIndex((part) => file === part || folderOf(file) === part);
    const strays = [...files].filter((file) => file.startsWith('domain/') && placeOf(file) < 0);
    expect(strays).toEqual([]);
    expect(
      breaches(/^domain\//, ({ target }, from) => !isOurs(target) || placeOf(target) <= placeOf(from)),
    ).toEqual([]);
  });

  test('the application imports the domain and the application, and no package', () => {
    expect(
      breaches(/^application\//, ({ target }) => /^(domain|application)\//.test(target) && isOurs(target)),
    ).toEqual([]);
  });

  test('the root files of the application import the domain only', () => {
    expect(breaches(/^application\/[^/]+$/, ({ target }) => target.startsWith('domain/'))).toEqual([]);
  });

  test('a port imports the domain, root files and other ports, and never a use case', () => {
    expect(breaches(PORT, ({ target }) => isBelowUseCases(target))).toEqual([]);
  });

  test('a use case imports use cases of another capability in one direction only', () => {
    const directions = ['orders', 'cases', 'refunds', 'disputes'].map((own) => `${own} → callbacks`);
    const capabilityOf = (file: string) => /^application\/([^/]+)\//.exec(file)?.[1];
    expect(
      breaches(/^application\/[^/]+\//, ({ target }, from) => {
        const [own, other] = [capabilityOf(from), capabilityOf(target)];
        return own === other || isBelowUseCases(target) || directions.includes(`${own} → ${other}`);
      }),
    ).toEqual([]);
  });

  test('an adapter imports inward; of its siblings http imports gateways, and every adapter observability', () => {
    const isAllowed = ({ target }: Import, from: string) => {
      if (!isOurs(target) || /^(domain|application)\//.test(target)) return true;
      const [own, other] = [adapterOf(from), adapterOf(target)];
      if (other === own || other === 'observability') return true;
      return target === 'config/variable.ts' || (own === 'http' && other === 'gateways');
    };
    expect(breaches(/^adapters\//, isAllowed)).toEqual([]);
  });

  test('the database engine knows no table', () => {
    const isAllowed = ({ target }: Import) =>
      !target.startsWith('adapters/postgres/') || target.startsWith('adapters/postgres/engine/');
    expect(breaches(/^adapters\/postgres\/engine\//, isAllowed)).toEqual([]);
  });

  test('only the composition root imports it, and the process that starts it', () => {
    const isAllowed = ({ target }: Import) => !target.startsWith('composition/');
    expect(breaches(/^(?!composition\/|main\.ts$)/, isAllowed)).toEqual([]);
  });

  test('development and the sandbox are loaded when they are needed, and never in production', () => {
    const isAllowed = ({ target, isDynamic, isType }: Import) =>
      isDynamic || isType || !/^(development|sandbox)\//.test(target);
    expect(breaches(/^(?!development\/|sandbox\/)/, isAllowed)).toEqual([]);
  });

  test('the sandbox shares no code with the verifiers', () => {
    expect(breaches(/^sandbox\//, ({ target }) => !target.startsWith('adapters/'))).toEqual([]);
  });

  test('the service imports no tool and no test', () => {
    expect(breaches(/./, ({ target }) => !/^\.\.\/(tools|test)\//.test(target))).toEqual([]);
  });
});

/** Ports that are neither a repository nor queries lie beside the use cases that need them. */
const PORT =
  /^application\/[^/]+\/([a-z-]+-(repository|queries|reader|monitor)|publisher|webhook-targets|payment-number-rules)\.ts$/;

/** The domain, a root file of the application, another port, or the views that queries return. */
function isBelowUseCases(target: string): boolean {
  return (
    target.startsWith('domain/') ||
    /^application\/[^/]+$/.test(target) ||
    PORT.test(target) ||
    target === 'application/payments/timeline.ts'
  );
}

describe('small and flat', () => {
  test('no function has more than 40 lines', () => {
    const long = functionsThat((node, tree) => {
      const lineAt = (position: number) => tree.getLineAndCharacterOfPosition(position).line + 1;
      // From its name: decorators before it are documentation.
      const lines = lineAt(node.getEnd()) - lineAt((node.name ?? node).getStart(tree)) + 1;
      return lines > 40 ? `${lines} lines` : null;
    });
    expect(long).toEqual([]);
  });

  test('no function has more than four parameters, except constructors, whose parameters are injected', () => {
    const wide = functionsThat((node) =>
      node.parameters.length > 4 && !ts.isConstructorDeclaration(node)
        ? `${node.parameters.length} parameters`
        : null,
    );
    expect(wide).toEqual([]);
  });
});

type FunctionWithBody = ts.FunctionLikeDeclaration & { readonly body: ts.Node };

function functionsThat(fault: (node: FunctionWithBody, tree: ts.SourceFile) => string | null): string[] {
  const found: string[] = [];
  for (const { file, tree } of sources) {
    visit(tree, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return;
      const what = fault(node as FunctionWithBody, tree);
      const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
      if (what) found.push(`${file}:${line} has ${what}`);
    });
  }
  return found;
}
