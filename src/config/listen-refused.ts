import { createServer } from 'node:net';
import { type ListenAddress, listenFailureReason } from '../adapters/http/server/listen-address.js';
import { StartRefused } from './start-refused.js';

/** The error of a server that could not listen, in words for the operator; the error itself where it is another one. */
export function listenRefused(error: Error, address: ListenAddress): Error {
  const reason = listenFailureReason(error, address);
  return reason === null
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
