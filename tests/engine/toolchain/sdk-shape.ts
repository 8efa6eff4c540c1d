import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** Shape of a type: of which kind it is and, for an object with known properties, what they are. */
export type Shape =
  | { kind: "string" | "number" | "boolean" | "asset" | "any" }
  | { kind: "array" | "map"; item: Shape }
  | { kind: "object"; id: string; properties: () => Map<string, Shape> };

const sdkDir = dirname(require.resolve("@pulumi/aws/package.json"));

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, false);
}

/** Interfaces of a declaration file by name; those in namespaces by `namespace.Name`. */
function interfaces(source: ts.SourceFile): Map<string, ts.InterfaceDeclaration> {
  const found = new Map<string, ts.InterfaceDeclaration>();
  const visit = (node: ts.Node, prefix: string): void => {
    if (ts.isInterfaceDeclaration(node)) found.set(prefix + node.name.text, node);
    else if (ts.isModuleDeclaration(node) && node.body) {
      const inner = `${prefix}${node.name.text}.`;
      ts.forEachChild(node.body, (child) => visit(child, inner));
    }
  };
  ts.forEachChild(source, (node) => visit(node, ""));
  return found;
}

function entityName(name: ts.EntityName): string {
  return ts.isIdentifier(name) ? name.text : `${entityName(name.left)}.${name.right.text}`;
}

/** Reads what the installed `@pulumi/aws` declares, without the type checker: its nested types alone are 10 MB of text. */
export class SdkTypes {
  private readonly nested = {
    inputs: interfaces(parse(join(sdkDir, "types/input.d.ts"))),
    outputs: interfaces(parse(join(sdkDir, "types/output.d.ts"))),
  };

  /** Properties of an interface that a resource's or function's own file declares; undefined if there is none. */
  ofToken(token: string, interfaceName: string): Map<string, Shape> | undefined {
    const [, path = ""] = token.split(":");
    const [module = "", file = ""] = path.split("/");
    return this.ofFile(module === "index" ? `${file}.d.ts` : `${module}/${file}.d.ts`, interfaceName);
  }

  /** As ofToken, by the file's path inside the package. */
  ofFile(path: string, interfaceName: string): Map<string, Shape> | undefined {
    const file = join(sdkDir, path);
    if (!existsSync(file)) return undefined;
    const declaration = interfaces(parse(file)).get(interfaceName);
    return declaration && this.properties(declaration);
  }

  private properties(declaration: ts.InterfaceDeclaration): Map<string, Shape> {
    const result = new Map<string, Shape>();
    for (const member of declaration.members) {
      if (ts.isPropertySignature(member) && member.type && ts.isIdentifier(member.name)) {
        result.set(member.name.text, this.shape(member.type));
      }
    }
    return result;
  }

  private shape(type: ts.TypeNode): Shape {
    if (ts.isParenthesizedTypeNode(type)) return this.shape(type.type);
    if (ts.isArrayTypeNode(type)) return { kind: "array", item: this.shape(type.elementType) };
    if (ts.isTypeLiteralNode(type)) {
      const index = type.members.find(ts.isIndexSignatureDeclaration);
      if (!index) throw new Error("a type literal without an index signature: the SDK's declarations have changed");
      return { kind: "map", item: this.shape(index.type) };
    }
    if (ts.isUnionTypeNode(type)) return this.union(type);
    if (ts.isTypeReferenceNode(type)) return this.reference(type);
    switch (type.kind) {
      case ts.SyntaxKind.StringKeyword:
      case ts.SyntaxKind.LiteralType:
        return { kind: "string" };
      case ts.SyntaxKind.NumberKeyword:
        return { kind: "number" };
      case ts.SyntaxKind.BooleanKeyword:
        return { kind: "boolean" };
      default:
        return { kind: "any" };
    }
  }

  /** `string | Enum`, `string | Role`, `T | undefined`: what is left without resources, enums and undefined. */
  private union(type: ts.UnionTypeNode): Shape {
    const kinds = type.types.filter((t) => t.kind !== ts.SyntaxKind.UndefinedKeyword).map((t) => this.shape(t));
    const plain = kinds.find((shape) => shape.kind !== "any" && shape.kind !== "object");
    return plain ?? kinds[0] ?? { kind: "any" };
  }

  private reference(type: ts.TypeReferenceNode): Shape {
    const name = entityName(type.typeName);
    if (name === "pulumi.Input" || name === "pulumi.Output") {
      const inner = type.typeArguments?.[0];
      return inner ? this.shape(inner) : { kind: "any" };
    }
    if (name.startsWith("pulumi.asset.")) return { kind: "asset" };
    if (name === "Region") return { kind: "string" };
    if (name.startsWith("enums.")) return { kind: "string" };
    for (const side of ["inputs", "outputs"] as const) {
      if (!name.startsWith(`${side}.`)) continue;
      const id = name.slice(side.length + 1);
      const declaration = this.nested[side].get(id);
      if (!declaration)
        throw new Error(`the SDK refers to ${name}, which types/${side.slice(0, -1)}.d.ts does not declare`);
      return { kind: "object", id: name, properties: () => this.properties(declaration) };
    }
    return { kind: "any" };
  }
}
