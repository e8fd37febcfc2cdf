/** Where the process listens, and the names of the variables that say it. */
export interface ListenAddress {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  readonly variables: { readonly host: string; readonly port: string };
}

interface ListenSettings {
  readonly host: string;
  readonly port: number;
  readonly adminHost: string;
  /** Null where the admin API is on `port`. */
  readonly adminPort: number | null;
}

/** Where the callbacks come in, and where the admin API has a port of its own. */
export function listenAddresses({ host, port, adminHost, adminPort }: ListenSettings): {
  readonly callbacks: ListenAddress;
  readonly admin: ListenAddress | null;
} {
  const adminVariables = { host: 'ADMIN_HOST', port: 'ADMIN_PORT' };
  return {
    callbacks: { host, port, variables: { host: 'HOST', port: 'PORT' } },
    admin: adminPort === null ? null : { host: adminHost, port: adminPort, variables: adminVariables },
  };
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

/** Why the process cannot listen there, and what to do about it. Null where the error is none of the operating system's that are known. */
export function listenFailureReason(error: Error, address: ListenAddress): string | null {
  return REASONS[(error as NodeJS.ErrnoException).code ?? '']?.(address) ?? null;
}

/** A port cannot be listened on, and every other port of the process was closed. */
export class ListenFailed extends Error {
  override readonly name = 'ListenFailed';

  constructor(error: Error, address: ListenAddress) {
    const { host, port, variables } = address;
    const reason =
      listenFailureReason(error, address) ??
      `${variables.port} ${port} of ${host} cannot be listened on (${error.message}): set another port or another host`;
    super(`Quittance cannot listen, and nothing listens now: ${reason}.`, { cause: error });
  }
}
