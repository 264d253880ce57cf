// Walks the tree of a condition. The table of cases in tests/flows/cases/conditions.json holds it to the server's results.
import type { Facts, Operand, Tree } from "./tree";

const DAY_MS = 86_400_000;

/** Whether a condition holds. A missing answer makes every comparison false, as on the server. */
export function evaluate(tree: Tree | boolean, facts: Facts): boolean {
  return typeof tree === "boolean" ? tree : value(tree, facts) === true;
}

function value(operand: Operand | undefined, facts: Facts): unknown {
  if (!isTree(operand)) return operand;
  const [operator, ...operands] = operand;
  const holds = (part: Operand | undefined) => value(part, facts) === true;
  switch (operator) {
    case "and":
      return operands.every(holds);
    case "or":
      return operands.some(holds);
    case "not":
      return !operands.some(holds);
    case "answer":
      return fact(operands[0], facts);
    case "answered":
      return fact(operands[0], facts) !== undefined;
    case "count":
      return (fact(operands[0], facts) as readonly unknown[] | undefined)?.length;
    case "score":
      return fact("score", facts);
    case "today":
      return dayNumber(fact("today", facts));
    case "date":
      return dayNumber(fact(operands[0], facts));
    case "day":
      return dayNumber(operands[0]);
    case "in":
    case "not in":
      return listed(value(operands[0], facts), operands[1], operator === "in");
    case "has":
    case "lacks":
      return listed(value(operands[1], facts), value(operands[0], facts), operator === "has");
    default:
      return operands.length === 1
        ? combined(operator, 0, value(operands[0], facts))
        : combined(operator, value(operands[0], facts), value(operands[1], facts));
  }
}

function isTree(operand: Operand | undefined): operand is Tree {
  return Array.isArray(operand);
}

/** An answer, or undefined where it is missing. Only what the facts themselves hold: an id may be `constructor`. */
function fact(name: Operand | undefined, facts: Facts): unknown {
  return (typeof name === "string" && Object.hasOwn(facts, name) ? facts[name] : undefined) ?? undefined;
}

function dayNumber(date: unknown): number | undefined {
  const time = typeof date === "string" ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(time) ? undefined : time / DAY_MS;
}

function listed(sought: unknown, list: unknown, inside: boolean): boolean {
  return sought !== undefined && Array.isArray(list) && list.includes(sought) === inside;
}

/** A comparison, or a sum: numbers, or days as numbers. */
function combined(operator: string, left: unknown, right: unknown): unknown {
  const missing = left === undefined || right === undefined;
  const [one, other] = [left as number, right as number];
  switch (operator) {
    case "==":
      return !missing && one === other;
    case "!=":
      return !missing && one !== other;
    case "<":
      return !missing && one < other;
    case "<=":
      return !missing && one <= other;
    case ">":
      return !missing && one > other;
    case ">=":
      return !missing && one >= other;
    case "+":
      return missing ? undefined : one + other;
    case "-":
      return missing ? undefined : one - other;
    default:
      throw new Error(`A condition with ${operator} is of a newer server: load the page again.`);
  }
}
