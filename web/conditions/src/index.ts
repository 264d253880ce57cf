// The conditions of a flow as the server exports them: hides and shows questions with the server's own meaning.
export { evaluate } from "./evaluate";
export type { Facts, Operand, Tree } from "./tree";
export { answerOf } from "./values";
