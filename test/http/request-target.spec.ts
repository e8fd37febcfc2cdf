import { expect, test } from '@jest/globals';
import { RouteTable } from '../../src/adapters/http/server/route-table.js';
import { printablePath, routePathOf } from '../../src/adapters/http/server/request-target.js';

test.each([
  ['/callbacks/stripe', '/callbacks/stripe'],
  ['//callbacks///stripe/', '/callbacks/stripe'],
  ['/callbacks/stripe?a=/b/', '/callbacks/stripe'],
  ['/callbacks/stripe#x', '/callbacks/stripe'],
  ['http://x:1/callbacks/stripe/', '/callbacks/stripe'],
  ['HTTP://x?a', '/'],
  ['/', '/'],
  ['//', '/'],
  ['*', '*'],
])('the route of the target "%s" is found by the path "%s"', (target, path) => {
  expect(routePathOf(target)).toBe(path);
});

test.each([
  ['/a?token=secret', '/a'],
  ['http://user:password@x/a', '/a'],
  ['/a\x01\x7fé\u0000b', '/ab'],
  [`/${'x'.repeat(6_000)}`, `/${'x'.repeat(127)}`],
  ['é', null],
])('of the target "%.30s" the path "%.30s" is stored', (target, path) => {
  expect(printablePath(target)).toBe(path);
});

test('the methods of a path are those of the routes that it matches, and of no other', () => {
  const routes = new RouteTable();
  routes.add('POST', '/callbacks/:gateway');
  routes.add(['GET', 'HEAD'], '/docs/*');
  routes.add('GET', '/a.b');
  expect(routes.methodsOf('/callbacks/stripe/?x')).toEqual(['POST']);
  expect(routes.methodsOf('/callbacks/a/b')).toEqual([]);
  expect(routes.methodsOf('/docs/a/b')).toEqual(['GET', 'HEAD']);
  expect(routes.methodsOf('/axb')).toEqual([]);
});
