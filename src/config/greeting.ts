import { resolve } from 'node:path';
import type { Config } from './load.js';
import { VARIABLES } from './variables.js';

type Greeted = Config & { readonly databaseUrl: string };

/** `http://127.0.0.1:3000`; an IPv6 address gets its brackets. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Where the service listens. */
export interface ServiceUrls {
  readonly url: string;
  /** Differs from `url` where the admin API has a port of its own. */
  readonly adminUrl: string;
}

interface Greeting {
  /** That the service is ready and where, in one line. */
  readonly ready: string;
  /** Why this mode must not be exposed, in one line. */
  readonly danger: string;
  /** What a developer can try now, in several lines. */
  readonly advice: string;
}

export function greeting(config: Greeted, { url, adminUrl }: ServiceUrls, version: string): Greeting {
  const admin = adminUrl === url ? '' : `, its admin API at ${adminUrl},`;
  const names = Object.keys(config.gateways).join(',');
  return {
    ready: `Quittance is ready at ${url}${admin} and takes callbacks at ${url}/callbacks/{${names}} (version ${version}).`,
    danger: dangerOf(config),
    advice: adviceOn(config, { url, adminUrl }),
  };
}

function dangerOf({ adminTokens, usesDevelopmentToken }: Greeted): string {
  const danger = usesDevelopmentToken
    ? `its admin token is "${adminTokens[0]!.token}"`
    : 'it takes callbacks that are signed with development keys';
  return `Never expose this mode to the internet: ${danger}.`;
}

function adviceOn(config: Greeted, urls: ServiceUrls): string {
  const { dataDir, adminTokens, usesDevelopmentToken } = config;
  const token = usesDevelopmentToken ? adminTokens[0]!.token : '<a token of ADMIN_TOKENS>';
  return `  Development mode. Keys and data are stored in ${dataDir}; PostgreSQL is at ${databaseHost(config)}.
  ${dangerOf(config)}

  Pay an order   ${sandboxCommand(config, urls)}
  Look at it     curl -H 'Authorization: Bearer ${token}' ${urls.adminUrl}/admin/v1/orders
  Read the API   ${urls.adminUrl}/docs
  Stop           Ctrl-C; a later start finds its data again`;
}

function databaseHost({ databaseUrl }: Greeted): string {
  const { hostname, port } = new URL(databaseUrl);
  return `${hostname || 'a local socket'}${port && `:${port}`}`;
}

/** With those variables of the service that the sandbox needs as well and that are not the defaults. Secrets are not shown. */
function sandboxCommand(config: Greeted, { url, adminUrl }: ServiceUrls): string {
  const { developmentGateways: played, host, adminHost, dataDir, usesDevelopmentToken } = config;
  const gateway = played.includes('standard-webhooks') ? 'standard-webhooks' : played[0];
  if (gateway === undefined) return 'not with the sandbox: every gateway has keys of yours';
  const variables = [
    ...(url.endsWith(`:${VARIABLES.port.default}`) ? [] : [`PORT=${portOf(url)}`]),
    ...(host === VARIABLES.host.default ? [] : [`HOST=${host}`]),
    ...(adminUrl === url ? [] : [`ADMIN_PORT=${portOf(adminUrl)}`]),
    ...(adminHost === host ? [] : [`ADMIN_HOST=${adminHost}`]),
    ...(dataDir === resolve(VARIABLES.dataDir.default) ? [] : [`DATA_DIR=${quoted(dataDir)}`]),
    ...(usesDevelopmentToken ? [] : ['ADMIN_TOKENS=…']),
  ];
  return [...variables, 'npm run sandbox -- pay', gateway].join(' ');
}

/** Not of a parsed URL, which leaves port 80 out. */
const portOf = (url: string): string => url.slice(url.lastIndexOf(':') + 1);

/** For a shell, if it needs it. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
