import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { breakingChanges, type Document } from './changes.js';
import { DOCUMENT_FILE, openApiDocument, textOf } from './document.js';
import { REFERENCE_FILE, referencePage } from './reference.js';

/** `npm run openapi`: writes the document of this source, and what is made of it, and says what it breaks for users of the one before. */
const document = await openApiDocument();
const before = existsSync(DOCUMENT_FILE)
  ? (JSON.parse(readFileSync(DOCUMENT_FILE, 'utf8')) as Document)
  : undefined;
writeFileSync(DOCUMENT_FILE, textOf(document));
writeFileSync(REFERENCE_FILE, referencePage(readFileSync(REFERENCE_FILE, 'utf8'), document));
console.log(`Written: ${DOCUMENT_FILE}, ${REFERENCE_FILE}`);
const breaking = before ? breakingChanges(before, document) : [];
if (breaking.length > 0)
  console.log(
    `It breaks clients of the document before. Name this in CHANGELOG.md:\n${breaking.map((each) => `- ${each}`).join('\n')}`,
  );
console.log('Now run npm run client.');
