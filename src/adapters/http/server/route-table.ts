import { routePathOf } from './request-target.js';

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
}

/** All routes, to tell a path that does not exist from a method that a path does not have. */
export class RouteTable {
  private readonly routes: Route[] = [];

  /** @param url as the framework writes it: `:name` is one part of the path, `*` any number of them. */
  add(methods: string | readonly string[], url: string): void {
    const source = routePathOf(url)
      .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll(/:\w+/g, '[^/]+')
      .replaceAll('*', '.*');
    for (const method of [methods].flat()) this.routes.push({ method, pattern: new RegExp(`^${source}$`) });
  }

  /** The methods of the routes with this path. */
  methodsOf(target: string): string[] {
    const path = routePathOf(target);
    return [...new Set(this.routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
  }
}
