import type { Abstract, FactoryProvider } from '@nestjs/common';

/**
 * Provides a class that has no decorators of Nest, such as a use case. Its constructor gets the instances of these classes, in order; the
 * compiler checks that they fit.
 */
export function provide<Dependencies extends unknown[], Instance>(
  target: new (...dependencies: Dependencies) => Instance,
  ...inject: { [Index in keyof Dependencies]: Abstract<Dependencies[Index]> }
): FactoryProvider<Instance> {
  return {
    provide: target,
    useFactory: (...dependencies: Dependencies) => new target(...dependencies),
    inject,
  };
}
