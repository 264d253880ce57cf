// The conditions of a flow as the server exports them: hides and shows questions with the server's own meaning.

/** A compiled condition as `flows.conditions` writes it: the operator first, then its operands. */
export type Tree = readonly [string, ...Operand[]];
export type Operand = Tree | string | number | boolean | readonly string[] | readonly number[];
