import { GATEWAYS } from '../adapters/gateways/registry.js';
import type { GatewayDefinition } from '../adapters/gateways/gateway.js';
import type { Config } from './load.js';
import { nearNameWarnings } from './near-names.js';
import type { Environment, Variable } from './variable.js';
import { VARIABLES } from './variables.js';

/** In which mode the service starts and why: `development mode: NODE_ENV is not set`. */
export function modeLine({ mode, strictBecause }: Config, env: Environment): string {
  const why = env[NODE_ENV] ? `NODE_ENV=${env[NODE_ENV]}` : 'NODE_ENV is not set';
  if (mode === 'production' || strictBecause === null) return `${mode} mode: ${why}`;
  return `${mode} mode: ${why}; the rules of production apply, because ${strictBecause.replace(/^where /, '')}`;
}

const NODE_ENV = VARIABLES.nodeEnv.name;

/** What the configuration allows although it is probably a mistake. No line has a value. */
export function configWarnings(
  config: Config,
  env: Environment,
  gateways: readonly GatewayDefinition[] = GATEWAYS,
): readonly string[] {
  const near = nearNameWarnings(env, VARIABLES, gateways);
  const meantForProduction = productionNames(env, gateways);
  if (env[NODE_ENV] || meantForProduction.length === 0) return near;
  const names = `${meantForProduction.join(' and ')} ${meantForProduction.length === 1 ? 'is' : 'are'} set`;
  return [`${modeLine(config, env)}, although ${names}. In production set NODE_ENV=production.`, ...near];
}

/** What a developer on one machine does not need, and an operator sets for production. */
function productionNames(env: Environment, gateways: readonly GatewayDefinition[]): readonly string[] {
  const tables = gateways.map(({ variables }) => Object.values(variables));
  const rows: Pick<Variable<unknown>, 'name' | 'secret'>[] = [VARIABLES.adminTokens, ...tables.flat()];
  const names = rows.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]));
  return names.filter((name) => env[name]);
}
