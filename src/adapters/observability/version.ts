import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The version in the package.json of this service, which is in a folder above, whether the code was built or not. */
export const VERSION = versionIn(import.meta.dirname);

function versionIn(folder: string): string {
  const file = path.join(folder, 'package.json');
  if (!existsSync(file) && path.dirname(folder) !== folder) return versionIn(path.dirname(folder));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
