import { developmentKeys } from '../development/development-keys.js';
import type { SaveFile, Signer } from './callback.js';
import { SIGNERS, type SandboxKeys, isPlayed } from './gateways/registry.js';

/** The keys of all gateways that the sandbox plays, from the data folder, where they are made if they do not exist. */
export async function sandboxKeys(dataDir: string): Promise<SandboxKeys> {
  const fields = Object.entries<Signer>(SIGNERS).map(([gateway, { keys }]) => [gateway, keys] as const);
  return (await developmentKeys(dataDir, Object.fromEntries(fields))) as unknown as SandboxKeys;
}

/**
 * The environment variables by which a service verifies what the sandbox signs with these keys. A gateway that the sandbox does
 * not play has none. `saveFile` stores the content of a file that a variable names, and returns its path.
 */
export function serviceEnvironment(
  keys: Partial<SandboxKeys>,
  gateways: readonly string[],
  saveFile: SaveFile,
): Readonly<Record<string, string>> {
  const variables = gateways.filter(isPlayed).flatMap((gateway) => {
    const signer: Signer = SIGNERS[gateway];
    const own = keys[gateway];
    return own ? Object.entries(signer.environment(own, saveFile)) : [];
  });
  return Object.fromEntries(variables);
}
