/** A checked condition as `flows/conditions/tree.py` describes it: the operator first, then its operands. */
export type Tree = readonly [string, ...Operand[]];
export type Operand = Tree | string | number | boolean | readonly (string | number)[];

/** The visible answers by id, as the server stores them, with `today` as an ISO date, and `score` where it is known. */
export type Facts = Readonly<Record<string, unknown>>;
