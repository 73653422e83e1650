/** `authentication()` against the SDK's own types, as they are installed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const OPTIONS: ts.CompilerOptions = {
  lib: ['lib.es2024.d.ts', 'lib.dom.d.ts'],
  types: [],
  module: ts.ModuleKind.NodeNext,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};

test('row 28 (browser): authentication() has the SDK’s types, before and after rest(), graphql() and realtime()', () => {
  const file = fileURLToPath(new URL('fixtures/sdk-authentication.ts', import.meta.url));
  const program = ts.createProgram([file], OPTIONS);
  const found = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  assert.deepEqual(found, []);
});
