import type { GatewaySettings } from '../src/adapters/gateways/registry.js';
import { loadConfig } from '../src/config/load.js';
import type { SandboxKeys } from '../src/sandbox/gateways/registry.js';
import { serviceEnvironment } from '../src/sandbox/keys.js';

/** The settings by which a service verifies what the sandbox signs with these keys, made from environment variables as always. */
export function gatewaySettings(keys: Partial<SandboxKeys>): GatewaySettings {
  const files = new Map<string, string>();
  const saveFile = (name: string, content: string): string => {
    files.set(name, content);
    return name;
  };
  const env = serviceEnvironment(keys, Object.keys(keys), saveFile);
  return loadConfig(env, { readFile: (path) => files.get(path)! }).gateways;
}
