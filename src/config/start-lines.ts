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
  const names = env[NODE_ENV] ? [] : productionNames(env, gateways);
  return [
    ...(names.length === 0 ? [] : [unsetModeWarning(config, names)]),
    ...(config.adminTokens.some(({ role }) => role === 'operator') ? [] : [NO_OPERATOR]),
    ...nearNameWarnings(env, VARIABLES, gateways),
  ];
}

const NO_OPERATOR =
  'ADMIN_TOKENS has no token of an operator: nobody can place an order, open a payment, end a case or add a webhook endpoint. ' +
  'Add an entry name:operator:token.';

/** The first line has said that NODE_ENV is not set. This one says what gives rise to doubt, and what the mode does. */
function unsetModeWarning({ databaseUrl, developmentGateways }: Config, names: readonly string[]): string {
  const areSet = `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} set`;
  const does = [
    ...(databaseUrl === null ? ['stores its data in an embedded PostgreSQL'] : []),
    'migrates its database when it starts',
    ...(developmentGateways.length === 0
      ? []
      : [`takes callbacks of ${developmentGateways.join(', ')} that are signed with development keys`]),
  ];
  return `${areSet}, as in production. If this is production, set NODE_ENV=production: until then the service ${inWords(does)}.`;
}

/** `a`, `a and b`, `a, b, and c`. */
function inWords(parts: readonly string[]): string {
  if (parts.length < 3) return parts.join(' and ');
  return `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1)}`;
}

/** What a developer on one machine does not need, and an operator sets for production. */
function productionNames(env: Environment, gateways: readonly GatewayDefinition[]): readonly string[] {
  const tables = gateways.map(({ variables }) => Object.values(variables));
  const rows: Pick<Variable<unknown>, 'name' | 'secret'>[] = [VARIABLES.adminTokens, ...tables.flat()];
  const names = rows.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]));
  return names.filter((name) => env[name]);
}
