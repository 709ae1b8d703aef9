/**
 * Descriptions of elements, and making the document agree with them.
 *
 * `h` describes an element; `render` changes what is there as little as possible, so that focus,
 * selection, scroll positions and running animations survive.
 */

/**
 * @typedef {string | number | false | null | undefined} Text nothing is shown for the last three
 * @typedef {{tag: string, key: string | undefined, props: Record<string, any>, children: Node[]}} VNode
 * @typedef {VNode | string} Node
 * @typedef {VNode | Text | Content[]} Content
 */

const SVG = "http://www.w3.org/2000/svg";

/** Set as properties; everything else is an attribute. */
const PROPERTIES = new Set([
  "value", "checked", "disabled", "selected", "indeterminate", "className", "tabIndex",
]);

/** What each element was last made to look like. @type {WeakMap<Element, Record<string, any>>} */
const rendered = new WeakMap();

/** Fields that keep what is being typed in them. @type {WeakSet<Element>} */
const leftAlone = new WeakSet();

/**
 * Describe an element.
 *
 * `key` identifies it among its siblings; `ref` is called once with the new element; `style` is
 * an object of CSS properties (set by script, which a strict content policy allows).
 *
 * @param {string} tag
 * @param {Record<string, any> | null} [props]
 * @param {...Content} children
 * @returns {VNode}
 */
export function h(tag, props, ...children) {
  return { tag, key: props?.key, props: props ?? {}, children: flat(children, []) };
}

/** @param {Content[]} contents @param {Node[]} into @returns {Node[]} */
function flat(contents, into) {
  for (const content of contents) {
    if (Array.isArray(content)) flat(content, into);
    else if (typeof content === "object" && content) into.push(content);
    else if (content || content === 0) into.push(String(content));
  }
  return into;
}

/**
 * Make the children of `parent` what `contents` describes.
 * @param {Element} parent
 * @param {...Content} contents
 */
export function render(parent, ...contents) {
  renderChildren(parent, flat(contents, []));
}

/** @param {Element} parent @param {Node[]} nodes */
function renderChildren(parent, nodes) {
  const keyed = new Map();
  for (const child of parent.children) {
    const key = rendered.get(child)?.key;
    if (key !== undefined) keyed.set(`${child.localName} ${key}`, child);
  }
  const wanted = new Set();
  for (const node of nodes) {
    const kept = typeof node === "object" && node.key !== undefined && keyed.get(`${node.tag} ${node.key}`);
    if (kept) wanted.add(kept);
  }
  /** @type {ChildNode | null} */
  let at = parent.firstChild;
  for (const node of nodes) {
    // What is wanted further on, or is no longer wanted, is not the place for this one.
    while (at && typeof node === "object" && at instanceof Element && !fits(at, node) && isStale(at, wanted)) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
    const found = place(parent, node, at, keyed);
    if (found === at) at = at.nextSibling;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** @param {Element} element @param {Set<Element>} wanted */
function isStale(element, wanted) {
  return rendered.get(element)?.key !== undefined && !wanted.has(element);
}

/** @param {ChildNode} there @param {VNode} node */
function fits(there, node) {
  return (
    there instanceof Element && there.localName === node.tag && rendered.has(there) &&
    rendered.get(there)?.key === node.key
  );
}

/**
 * Put `node` before `at`, or use `at` itself.
 * @param {Element} parent @param {Node} node @param {ChildNode | null} at @param {Map<string, Element>} keyed
 * @returns {ChildNode}
 */
function place(parent, node, at, keyed) {
  if (typeof node === "string") {
    if (at instanceof Text) {
      if (at.data !== node) at.data = node;
      return at;
    }
    return parent.insertBefore(document.createTextNode(node), at);
  }
  if (at && fits(at, node)) {
    update(/** @type {Element} */ (at), node);
    return at;
  }
  const known = node.key !== undefined && keyed.get(`${node.tag} ${node.key}`);
  const element = known || create(parent, node);
  parent.insertBefore(element, at);
  if (known) update(known, node);
  return element;
}

/** @param {Element} parent @param {VNode} node @returns {Element} */
function create(parent, node) {
  const inSvg = node.tag === "svg" || parent.namespaceURI === SVG;
  const element = inSvg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  update(element, node);
  node.props.ref?.(element);
  return element;
}

/** @param {Element} element @param {VNode} node */
function update(element, node) {
  const before = rendered.get(element) ?? {};
  for (const name in before) {
    if (!(name in node.props)) setProp(element, name, undefined, before[name]);
  }
  renderChildren(element, node.children);
  for (const name in node.props) {
    // A control shows what it was told, even after its user chose something that was refused.
    const forced = name === "checked" || (name === "value" && element instanceof HTMLSelectElement);
    if (!forced && node.props[name] === before[name]) continue;
    if (name === "value" && isTypedIn(element, before.value)) leaveAlone(element);
    else setProp(element, name, node.props[name], before[name]);
  }
  rendered.set(element, node.props);
}

/**
 * Whether somebody is typing in a field: its text is not what it was last told.
 * @param {Element} element @param {any} told @returns {element is HTMLInputElement | HTMLTextAreaElement}
 */
function isTypedIn(element, told) {
  const isField = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
  return isField && element === document.activeElement && element.value !== String(told ?? "");
}

/**
 * What is typed stays until it is committed; what is given up makes way for the newest.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 */
function leaveAlone(field) {
  if (leftAlone.has(field)) return;
  leftAlone.add(field);
  const over = new AbortController();
  const end = () => {
    leftAlone.delete(field);
    over.abort();
  };
  field.addEventListener("change", end, { signal: over.signal });
  field.addEventListener("blur", () => {
    end();
    setProp(field, "value", rendered.get(field)?.value, undefined);
  }, { signal: over.signal });
}

/** @param {any} element @param {string} name @param {any} value @param {any} before */
function setProp(element, name, value, before) {
  if (name === "key" || name === "ref") return;
  if (name === "style") {
    for (const property in before) if (!(property in (value ?? {}))) element.style.removeProperty(property);
    for (const property in value) element.style.setProperty(property, value[property]);
  } else if (name.startsWith("on")) {
    element[name] = value ?? null;
  } else if (PROPERTIES.has(name) && !isAttribute(element, name)) {
    if (element[name] !== value) element[name] = value ?? "";
  } else if (value === undefined || value === null || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
  }
}

/** @param {any} element @param {string} name */
function isAttribute(element, name) {
  // An option without the attribute has its text as value, which changes with the text.
  return element instanceof SVGElement || (name === "value" && element instanceof HTMLOptionElement);
}

/**
 * Join class names, leaving out what is false.
 * @param {...(string | false | null | undefined)} names
 */
export function classes(...names) {
  return names.filter(Boolean).join(" ");
}
