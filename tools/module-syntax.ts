import { parseAst } from "rolldown/parseAst";

export interface ImportOf {
  readonly from: string;
  /** Gone before the module is loaded. */
  readonly typeOnly: boolean;
}

/** Everything that a module imports, requires or re-exports, dynamic imports and `import("…").Type` included. */
export function importsOf(path: string, text: string): ImportOf[] {
  const found: ImportOf[] = [];
  visit(parseAst(text, { lang: /\.d\.m?ts$/.test(path) ? "dts" : "ts" }, path), (node) => {
    const from = isRequire(node)
      ? stringValue(node.arguments[0])
      : IMPORTING.has(node["type"])
        ? stringValue(node["source"] ?? node["argument"])
        : null;
    if (from === null) return;
    const typeOnly = node["importKind"] === "type" || node["exportKind"] === "type" || node["type"] === "TSImportType";
    found.push({ from, typeOnly });
  });
  return found;
}

/** Line numbers of statements other than imports and exports of names. */
export function statementsBesideExports(path: string, text: string): number[] {
  return parseAst(text, { lang: "ts" }, path)
    .body.filter((statement) => {
      if (statement.type === "ExportDefaultDeclaration") return statement.declaration.type !== "Identifier";
      if (statement.type === "ExportNamedDeclaration") return statement.declaration !== null;
      return statement.type !== "ImportDeclaration" && statement.type !== "ExportAllDeclaration";
    })
    .map((statement) => text.slice(0, statement.start).split("\n").length);
}

const IMPORTING: ReadonlySet<unknown> = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

function isRequire(node: Record<string, unknown>): node is { arguments: unknown[] } {
  const callee = node["callee"] as Record<string, unknown> | undefined;
  return node["type"] === "CallExpression" && callee?.["type"] === "Identifier" && callee["name"] === "require";
}

function visit(node: unknown, onNode: (node: Record<string, unknown>) => void): void {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node)) onNode(node as Record<string, unknown>);
  for (const child of Object.values(node)) visit(child, onNode);
}

function stringValue(node: unknown): string | null {
  if (typeof node !== "object" || node === null) return null;
  if ("value" in node && typeof node.value === "string") return node.value;
  return "literal" in node ? stringValue(node.literal) : null;
}
