import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { DEFECTS, type Defect, applyDefect } from '../../tools/chaos/defects.js';

const { config } = ts.readConfigFile('tsconfig.build.json', (file) => readFileSync(file, 'utf8'));
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
// A single file has no package.json that would make it an ES module.
const moduleOptions = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
const compilerOptions = { ...options, ...moduleOptions, allowJs: true };

/** What `npm run build` makes of the source file. The compiler can emit each file by itself, so no build is needed. */
function builtCode({ file }: Defect): string {
  const fileName = file.replace(/\.js$/, '.ts');
  return ts.transpileModule(readFileSync(fileName, 'utf8'), { compilerOptions, fileName }).outputText;
}

function syntaxErrors(code: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(code, {
    compilerOptions,
    fileName: 'broken.js',
    reportDiagnostics: true,
  });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe.each(DEFECTS.map((defect) => [defect.name, defect] as const))('the defect "%s"', (_, defect) => {
  test('finds its text exactly once in the built code', () => {
    const code = builtCode(defect);
    expect(applyDefect(defect, code)).not.toBe(code);
  });

  test('leaves code without a syntax error', () => {
    expect(syntaxErrors(applyDefect(defect, builtCode(defect)))).toEqual([]);
  });
});

test.each([
  ['missing', 'other code', 'missing from'],
  ['ambiguous', `${DEFECTS[0]!.find};${DEFECTS[0]!.find}`, 'more than once in'],
])('a text that is %s is an error that names the defect', (_, code, fault) => {
  expect(() => applyDefect(DEFECTS[0]!, code)).toThrow(
    `The text of the defect "${DEFECTS[0]!.name}" is ${fault} ${DEFECTS[0]!.file}`,
  );
});
