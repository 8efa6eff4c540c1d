import { createHash } from "node:crypto";
import ts from "typescript";

/** One condition of a source file, and one way to break it. */
export interface Mutant {
  /** Changes with the file's text: `<file>@<hash>#<place>#<kind>`. */
  readonly id: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** What it does to the condition, with the condition's text. */
  readonly change: string;
}

export interface Instrumented {
  readonly code: string;
  readonly mutants: readonly Mutant[];
}

/** Truth's ways to join conditions. */
const JOINS = new Set(["and", "or"]);
/** Functions whose first argument is a condition. */
const TRUTH_ARGUMENTS = new Set([...JOINS, "when"]);
/** Functions whose first argument decides, element by element. */
const PREDICATES = new Set(["filter", "some", "every", "find", "findIndex", "matches"]);

const OPPOSITES: Readonly<Record<string, string>> = {
  "===": "!==",
  "!==": "===",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};
const BOUNDARIES: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };

/**
 * Rewrites a module so that each of its conditions can be broken at run time, one at a time, without loading it again:
 * it asks the global `__mutation` (see runner.ts), which breaks the condition whose mutant is active.
 *
 * Broken are: what `report.when` is given and what `and` and `or` join, `.not()`, `!`, comparisons (turned round, and moved by one
 * at their border), and what `if`, `?:` and predicates of lists decide by. Conditions of loops are left alone: most
 * mutants of theirs only never end.
 */
export function instrument(file: string, source: string): Instrumented {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ES2023, true);
  const mutants: Mutant[] = [];
  const version = createHash("sha256").update(source).digest("hex").slice(0, 8);

  const mutant = (node: ts.Node, kind: string, change: string): string => {
    const start = node.getStart(tree);
    const id = `${file}@${version}#${start}-${node.getEnd()}#${kind}`;
    const { line } = tree.getLineAndCharacterOfPosition(start);
    mutants.push({ id, file, line: line + 1, change });
    return JSON.stringify(id);
  };
  const textOf = (node: ts.Node): string => node.getText(tree).replaceAll(/\s+/g, " ");

  /** The text of a node with everything below it instrumented. */
  const inside = (node: ts.Node): string => {
    let text = "";
    let end = node.getStart(tree);
    node.forEachChild((child) => {
      text += source.slice(end, child.getStart(tree)) + rewrite(child);
      end = child.getEnd();
    });
    return text + source.slice(end, node.getEnd());
  };

  const rewrite = (node: ts.Node): string => {
    if (isLoopCondition(node) || ts.isTypeNode(node)) return source.slice(node.getStart(tree), node.getEnd());
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken.getText(tree);
      const opposite = OPPOSITES[operator];
      if (opposite) {
        const ids = [mutant(node, "turn", `${textOf(node)}: ${operator} becomes ${opposite}`)];
        const boundary = BOUNDARIES[operator];
        if (boundary) ids.push(mutant(node, "move", `${textOf(node)}: ${operator} becomes ${boundary}`));
        const [turn, move = "undefined"] = ids;
        return `__mutation.compare(${turn}, ${move}, "${operator}", ${rewrite(node.left)}, ${rewrite(node.right)})`;
      }
    }
    if (isNot(node)) {
      const id = mutant(node, "unnot", `${textOf(node)}: without .not()`);
      return `__mutation.not(${id}, ${rewrite(node.expression.expression)})`;
    }
    const rewritten = inside(node);
    if (!isCondition(node)) return rewritten;
    return `__mutation.negate(${mutant(node, "negate", `${textOf(node)}: negated`)}, ${rewritten})`;
  };

  let code = "";
  let end = 0;
  for (const statement of tree.statements) {
    code += source.slice(end, statement.getStart(tree)) + rewrite(statement);
    end = statement.getEnd();
  }
  return { code: code + source.slice(end), mutants };
}

function isNot(node: ts.Node): node is ts.CallExpression & { expression: ts.PropertyAccessExpression } {
  return (
    ts.isCallExpression(node) &&
    node.arguments.length === 0 &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === "not"
  );
}

function isLoopCondition(node: ts.Node): boolean {
  const { parent } = node;
  if (!parent) return false;
  if (ts.isForStatement(parent)) return node !== parent.statement && node !== parent.initializer;
  return (ts.isWhileStatement(parent) || ts.isDoStatement(parent)) && node === parent.expression;
}

/** Whether something is decided by this expression. Comparisons and `.not()` are dealt with before. */
function isCondition(node: ts.Node): node is ts.Expression {
  return ts.isExpression(node) && !ts.isParenthesizedExpression(node) && !isOpposed(node) && decides(node);
}

function decides(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isParenthesizedExpression(parent)) return decides(parent);
  if (ts.isIfStatement(parent)) return node === parent.expression;
  if (ts.isConditionalExpression(parent)) return node === parent.condition;
  if (ts.isBinaryExpression(parent)) return isLogical(parent) && decides(parent);
  if (ts.isPrefixUnaryExpression(parent)) return isOpposed(parent);
  if (ts.isPropertyAccessExpression(parent) && ts.isCallExpression(parent.parent)) {
    // The first of a chain; the others are arguments.
    if (node !== parent.expression || isJoin(node)) return false;
    return JOINS.has(parent.name.text) && parent.parent.expression === parent;
  }
  if (ts.isCallExpression(parent)) {
    return parent.arguments[0] === node && TRUTH_ARGUMENTS.has(calledMethod(parent));
  }
  if (!ts.isArrowFunction(parent) || node !== parent.body || !ts.isCallExpression(parent.parent)) return false;
  return parent.parent.arguments[0] === parent && PREDICATES.has(calledMethod(parent.parent));
}

function isJoin(node: ts.Node): boolean {
  return ts.isCallExpression(node) && JOINS.has(calledMethod(node));
}

/** `!x`: to negate it is to negate x. */
function isOpposed(node: ts.Node): boolean {
  return ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken;
}

function isLogical({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken;
}

function calledMethod(call: ts.CallExpression): string {
  return ts.isPropertyAccessExpression(call.expression) ? call.expression.name.text : "";
}
