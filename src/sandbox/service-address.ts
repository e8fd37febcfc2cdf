import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { urlOf } from '../config/greeting.js';
import { type Environment, type Variable, readVariable } from '../config/variable.js';
import { VARIABLES } from '../config/variables.js';
import { runningService } from '../development/running-service.js';
import { Advice } from './advice.js';

/** How the sandbox reaches the service. */
export interface ServiceAddress {
  /** Where callbacks are sent. */
  readonly url: string;
  readonly adminUrl: string;
  readonly token: string;
  readonly dataDir: string;
}

/** What the command line says. */
interface Given {
  readonly url: string | undefined;
  readonly token: string | undefined;
}

const DEVELOPMENT_TOKEN = 'dev-token';

/**
 * By the command line, then by the variables that the service reads as well, then by the note that a service in development leaves in its
 * data folder, then by the defaults.
 * @throws Advice where a variable has a fault.
 */
export function serviceAddress({ url, token }: Given, env: Environment): ServiceAddress {
  const dataDir = valueOf(VARIABLES.dataDir, env) ?? resolve(VARIABLES.dataDir.default);
  return { ...urlsOf(url, env, dataDir), token: token ?? operatorToken(env), dataDir };
}

function urlsOf(
  given: string | undefined,
  env: Environment,
  dataDir: string,
): Pick<ServiceAddress, 'url' | 'adminUrl'> {
  const [port, host] = [valueOf(VARIABLES.port, env), valueOf(VARIABLES.host, env)];
  const [adminPort, adminHost] = [valueOf(VARIABLES.adminPort, env), valueOf(VARIABLES.adminHost, env)];
  // A port of 0 is chosen by the operating system, and only the note has it.
  const isNamed = given !== undefined || Boolean(port) || host !== undefined || Boolean(adminPort);
  const running = isNamed ? null : runningService(dataDir);
  if (running) return { url: running.url, adminUrl: running.adminUrl };
  const reachable = reachableHost(host ?? VARIABLES.host.default);
  const url = given ?? urlOf(reachable, port || Number(VARIABLES.port.default));
  const adminUrl = adminPort ? urlOf(adminHost ? reachableHost(adminHost) : hostOf(url), adminPort) : url;
  return { url, adminUrl };
}

/** The first operator's: the sandbox places orders. */
function operatorToken(env: Environment): string {
  const tokens = valueOf(VARIABLES.adminTokens, env);
  if (tokens === undefined) return DEVELOPMENT_TOKEN;
  const operator = tokens.find(({ role }) => role === 'operator');
  if (operator === undefined)
    throw new Advice(
      'ADMIN_TOKENS has no operator, and the sandbox places orders: add one, or give --token.',
    );
  return operator.token;
}

function valueOf<Value>(variable: Variable<Value>, env: Environment): Value | undefined {
  const read = readVariable(variable, env, (file) => readFileSync(file, 'utf8'));
  if (read === null) return undefined;
  if ('fault' in read) throw new Advice(`${read.fault}. The sandbox reads the variables of the service.`);
  return read.value;
}

/** A service that listens on all addresses is reached on that of this machine. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** Without the brackets of an IPv6 address. */
const hostOf = (url: string): string => new URL(url).hostname.replaceAll(/[[\]]/g, '');
