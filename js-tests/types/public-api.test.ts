/** What a person sees of the package's types in an editor. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { entries } from '../../tools/package-entries.mjs';
import { root } from '../../tools/process.mjs';

const OPTIONS: ts.CompilerOptions = { lib: ['lib.es2024.d.ts', 'lib.dom.d.ts'], types: [], module: ts.ModuleKind.NodeNext };
const program = ts.createProgram(entries().map(({ types }) => join(root, types)), OPTIONS);
const checker = program.getTypeChecker();
const MAIN = 'pkg/index.d.ts';

for (const { subpath, types } of entries()) {
  const symbols = exportsOf(types);

  test(`${subpath}: everything that is exported is documented, member by member`, () => {
    const undocumented = symbols.flatMap((symbol) => [symbol, ...membersOf(symbol)].filter((item) => !isDocumented(item)).map(nameOf));
    assert.deepEqual(undocumented, []);
  });

  test(`${subpath}: every type that an export mentions is exported here or by the main entry`, () => {
    const exported = new Set([...symbols, ...exportsOf(MAIN)]);
    const leaks = symbols.flatMap((symbol) => mentioned(symbol).filter((type) => !exported.has(type)).map((type) => `${nameOf(symbol)} mentions ${nameOf(type)}`));
    assert.deepEqual([...new Set(leaks)], []);
  });
}

function exportsOf(types: string): ts.Symbol[] {
  const file = program.getSourceFile(join(root, types));
  const module = file && checker.getSymbolAtLocation(file);
  assert.ok(module, `${types} is not a module`);
  return checker.getExportsOfModule(module).map(resolved);
}

/** What an import or a re-export stands for. */
function resolved(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Members of an interface or a class, as declared in the package. */
function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  const members = [...(symbol.members?.values() ?? [])];
  return members.filter((member) => isOurs(member) && !/^__|^#/.test(member.name));
}

function isOurs(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((node) => node.getSourceFile().fileName.startsWith(join(root, 'pkg')));
}

/** A class's member may leave that to the interface which the class implements. */
function isDocumented(symbol: ts.Symbol): boolean {
  return symbol.getDocumentationComment(checker).length > 0;
}

/** The package's own types in the declarations of a symbol. */
function mentioned(symbol: ts.Symbol): ts.Symbol[] {
  const found = new Set<ts.Symbol>();
  const visit = (node: ts.Node): void => {
    const name = nameIn(node);
    const type = name && checker.getSymbolAtLocation(name);
    if (type) found.add(resolved(type));
    ts.forEachChild(node, visit);
  };
  symbol.declarations?.forEach(visit);
  const isType = ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Enum;
  return [...found].filter((type) => isOurs(type) && type.flags & isType);
}

function nameIn(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName;
  return ts.isExpressionWithTypeArguments(node) ? node.expression : undefined;
}

function nameOf(symbol: ts.Symbol): string {
  return checker.symbolToString(symbol);
}
