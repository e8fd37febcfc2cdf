import { writeFileSync } from 'node:fs';
import { clientFiles } from './generate.mjs';

/** `npm run client`: writes the TypeScript client. */
for (const [file, text] of await clientFiles()) {
  writeFileSync(file, text);
  console.log(`Written: ${file}`);
}
