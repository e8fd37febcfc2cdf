import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApiExtension } from '@nestjs/swagger';

export type Role = 'viewer' | 'operator';

/** What a route of the admin API declares about itself. */
export interface RouteDeclaration {
  /** The role that a caller needs. An operator may do all that a viewer may. */
  readonly role: Role;
  /** Whether it has query parameters. Any other route refuses them. */
  readonly takesQuery: boolean;
}

const declarations = new WeakMap<object, RouteDeclaration>();

/** Declares the role that a route needs, also in the OpenAPI document. The guard lets nobody use a route that declares none. */
export const Needs =
  (role: Role): MethodDecorator =>
  (target, name, descriptor) => {
    // Decorators of parameters have run before, so Nest knows the parameters.
    const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, name) as
      object | undefined;
    const takesQuery = Object.keys(parameters ?? {}).some((key) =>
      key.startsWith(`${RouteParamtypes.QUERY}:`),
    );
    declarations.set(descriptor.value as object, { role, takesQuery });
    ApiExtension('x-role', role)(target, name, descriptor);
  };

/** @throws Error for a handler without `Needs`: nobody has decided who may use it. */
export function declarationOf(handler: { readonly name: string }): RouteDeclaration {
  const declaration = declarations.get(handler);
  if (!declaration)
    throw new Error(`the route "${handler.name}" of the admin API declares no role: use @Needs`);
  return declaration;
}
