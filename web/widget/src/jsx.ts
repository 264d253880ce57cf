/**
 * The part of Preact that the widget uses, in a tenth of its size: without it the widget would not fit into 15 kB.
 *
 * The components are Preact components (functions of their props, JSX typed by Preact) that keep no state of their own, and
 * the build puts this module in the place of `preact/jsx-runtime`. `jsx.test.tsx` holds both against each other.
 */
type Props = Record<string, unknown>;
type Child = Vnode | string | number | boolean | null | undefined | Child[];

interface Vnode {
  type: string;
  props: Props;
  key: unknown;
}

/** What stands in the document, by what it was made from. */
interface Placed {
  node: Element | Text;
  props: Props;
  kids: Map<string, Placed>;
}

export function jsx(type: string | ((props: Props) => Child), props: Props, key?: unknown): Child {
  if (typeof type === "string") return { type, props, key };
  const made = type(props);
  if (key !== undefined && made && typeof made === "object" && !Array.isArray(made)) made.key = key;
  return made;
}

export { jsx as jsxs };

export function Fragment(props: Props): Child {
  return props.children as Child;
}

const placedIn = new WeakMap<Node, Map<string, Placed>>();

/** Makes the parent hold what the tree says, changing only what differs from the last time. */
export function render(tree: unknown, parent: ShadowRoot | Element): void {
  placedIn.set(parent, placeAll(parent, placedIn.get(parent), tree as Child));
}

/** Names each child by its key, else by its place: one that is left out still takes its place. */
function named(child: Child, place: string, into: Map<string, Vnode | string>): Map<string, Vnode | string> {
  if (Array.isArray(child)) for (const [n, one] of child.entries()) named(one, `${place}.${n}`, into);
  else if (child != null && typeof child !== "boolean") {
    if (typeof child === "object") into.set(`${child.type} ${child.key ?? place}`, child);
    else into.set(place, String(child));
  }
  return into;
}

function placeAll(parent: Node, before: Map<string, Placed> | undefined, children: Child): Map<string, Placed> {
  const wanted = named(children, "", new Map());
  const after = new Map<string, Placed>();
  for (const [name, { node }] of before ?? []) if (!wanted.has(name)) node.remove();
  let next = parent.firstChild;
  for (const [name, child] of wanted) {
    const placed = place(before?.get(name), child);
    after.set(name, placed);
    if (placed.node === next) next = next.nextSibling;
    else parent.insertBefore(placed.node, next);
  }
  return after;
}

function place(before: Placed | undefined, child: Vnode | string): Placed {
  if (typeof child === "string") {
    const node = (before?.node as Text) ?? document.createTextNode(child);
    if (node.data !== child) node.data = child;
    return { node, props: {}, kids: new Map() };
  }
  const { type } = child;
  const { children, ...props } = child.props;
  const svg = type === "svg" || type === "path";
  const node =
    (before?.node as Element) ??
    (svg ? document.createElementNS("http://www.w3.org/2000/svg", type) : document.createElement(type));
  const kids = placeAll(node, before?.kids, children as Child); // first: a select takes its value from its options
  for (const name of Object.keys({ ...before?.props, ...props })) assign(node, name, props[name], before?.props[name]);
  return { node, props, kids };
}

function assign(node: Element, name: string, value: unknown, before: unknown): void {
  if (name === "ref") (value as { current: unknown }).current = node;
  else if (name === "value" || name === "checked") {
    // What a person did to a field since counts as a difference too.
    if ((node as never)[name] !== value) (node as unknown as Props)[name] = value;
  } else if (value === before) return;
  else if (name.startsWith("on")) (node as unknown as Props)[name.toLowerCase()] = value;
  else if (value == null || (value === false && name[4] !== "-")) node.removeAttribute(name);
  else node.setAttribute(name, value === true && name[4] !== "-" ? "" : String(value));
}
