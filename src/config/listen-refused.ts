import { createServer } from 'node:net';
import { StartRefused } from './start-refused.js';

/** Where the process listens, and the names of the variables that say it. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  readonly variables: { readonly host: string; readonly port: string };
}

/** What to do about a failure to listen, by its code. */
const REASONS: Readonly<Record<string, (address: ListenAddress) => string>> = {
  EADDRINUSE: ({ host, port, variables }) =>
    `another process uses ${variables.port} ${port} of ${host}: stop it, or set ${variables.port} to a free port`,
  EACCES: ({ port, variables }) =>
    `the user of this process may not listen on ${variables.port} ${port}: set ${variables.port} to 1024 or higher, ` +
    'and let a proxy or the container forward the port below to it',
  EADDRNOTAVAIL: ({ host, variables }) =>
    `${variables.host} ${host} is not an address of this machine: set ${variables.host} to one of them, ` +
    'to 127.0.0.1 for this machine alone, or to 0.0.0.0 for all of them',
  ENOTFOUND: ({ host, variables }) =>
    `${variables.host} ${host} is neither an IP address nor a name that resolves to one: correct ${variables.host}`,
  EAI_AGAIN: ({ host, variables }) =>
    `the name of ${variables.host} ${host} cannot be resolved now: look at the DNS of this machine, or set ${variables.host} to an IP address`,
  EAFNOSUPPORT: ({ host, variables }) =>
    `this machine has no address of the kind of ${variables.host} ${host} (IPv6 may be off): set ${variables.host} to another one`,
  EINVAL: ({ host, variables }) =>
    `${variables.host} ${host} cannot be listened on: set ${variables.host} to another address`,
};

/** The error of a server that could not listen, in words for the operator; the error itself where it is another one. */
export function listenRefused(error: Error, address: ListenAddress): Error {
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? '']?.(address);
  return reason === undefined
    ? error
    : new StartRefused(`Quittance cannot listen, and nothing was started: ${reason}.`);
}

/**
 * Tries whether the process may listen there, before it changes anything. The server that listens later reports the same errors, since
 * another process may take the port in between.
 * @throws StartRefused
 */
export async function tryToListen(address: ListenAddress): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((listening, fail) => {
      server.once('error', fail).listen(address.port, address.host, listening);
    });
  } catch (error) {
    throw listenRefused(error as Error, address);
  }
  await new Promise((closed) => server.close(closed));
}
