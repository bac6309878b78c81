// TypeScript for the types of a runtime's or a contract's metadata (scale-info), in the form that polkadot.js takes.

/** Types that TypeScript has in src/chain/types.ts, or that nobody spells out. */
const NAMED = {
  AccountId32: 'AccountId',
  MultiAddress: 'AccountId',
  AccountId: 'AccountId',
  H256: 'Hash',
  Hash: 'Hash',
  RuntimeCall: 'unknown',
  Event: 'unknown',
};
const MAX_DEPTH = 12;

/** They can't name an item of a tuple. */
const RESERVED = new Set([
  'class',
  'default',
  'delete',
  'enum',
  'export',
  'function',
  'import',
  'in',
  'new',
  'return',
  'with',
]);

/**
 * Writes types; what has a name of its own is declared once, under `prefix` and that name.
 * @param {{ id: number, type: { path?: string[], params?: { name: string, type: number | null }[], def: object } }[]} types
 * @param {string} prefix
 */
export function typeWriter(types, prefix) {
  const byId = new Map(types.map(({ id, type }) => [id, type]));
  /** By id. */
  const declared = new Map();
  const names = new Set();

  const write = (id, depth = 0) => {
    const { path = [], params = [], def } = byId.get(id);
    const name = path.at(-1) ?? '';
    if (NAMED[name] !== undefined) return NAMED[name];
    if (depth > MAX_DEPTH) return 'unknown';
    const [kind] = Object.keys(def);
    const inner = (type) => write(type, depth + 1);
    const text = () => KINDS[kind]?.(def[kind], { name, params, depth, inner }) ?? 'unknown';
    return isNamed(name, path, def) ? declare(id, `${prefix}${name}`, text) : text();
  };

  const declare = (id, wanted, text) => {
    const known = declared.get(id);
    if (known !== undefined) return known.name;
    const name = names.has(wanted) ? `${wanted}${id}` : wanted;
    names.add(name);
    const entry = { name, text: 'unknown' };
    declared.set(id, entry);
    entry.text = text();
    return name;
  };

  const list = (body, { inner }) => (isByte(body.type) ? 'Hex' : `${wrapped(inner(body.type))}[]`);

  const KINDS = {
    primitive: (body) => primitive(String(body).toLowerCase()),
    compact: (body, { inner }) => inner(body.type),
    sequence: list,
    array: list,
    tuple: (body, { inner }) => (body.length === 0 ? 'null' : `[${body.map(inner).join(', ')}]`),
    composite: (body, { name, params, depth, inner }) =>
      name === 'BTreeMap'
        ? `Map<${inner(params[0].type)}, ${inner(params[1].type)}>`
        : fields(body.fields ?? [], depth),
    variant: (body, { name, params, depth, inner }) =>
      name === 'Option' ? `${wrapped(inner(params[0].type))} | null` : variants(body.variants ?? [], depth),
  };

  const fields = (list, depth) => {
    if (list.length === 0) return 'null';
    if (list[0].name === null || list[0].name === undefined) {
      const items = list.map(({ type }) => write(type, depth + 1));
      return items.length === 1 ? items[0] : `[${items.join(', ')}]`;
    }
    return `{ ${list.map(({ name, type }) => `${camel(name)}: ${write(type, depth + 1)}`).join('; ')} }`;
  };

  const variants = (list, depth) => {
    if (list.length === 0) return 'never';
    if (list.every((variant) => (variant.fields ?? []).length === 0))
      return list.map(({ name }) => `'${name}'`).join(' | ');
    return list.map((variant) => `{ ${variant.name}: ${fields(variant.fields ?? [], depth)} }`).join(' | ');
  };

  const isByte = (id) => String(byId.get(id).def.primitive ?? '').toLowerCase() === 'u8';

  /** Everything that `write` named, in the order of its names. */
  const declarations = () =>
    [...declared.values()]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, text }) => `export type ${name} = ${text};`)
      .join('\n\n');

  return {
    write,
    declarations,
    fields: (list) => fields(list, 0),
    variantsOf: (id) => byId.get(id).def.variant?.variants ?? [],
  };
}

/** Structures and choices that somebody gave a name, and not Rust's own. */
function isNamed(name, path, def) {
  if (path.length < 2 || name === 'LangError') return false;
  const first = def.composite?.fields?.[0];
  return def.variant !== undefined || (first !== undefined && first.name !== null && first.name !== undefined);
}

/** A name for an item of a tuple. */
export function label(name) {
  const text = camel(name);
  return RESERVED.has(text) ? `${text}_` : text;
}

function primitive(name) {
  if (name === 'bool') return 'boolean';
  if (name === 'str' || name === 'char') return 'string';
  // Beyond 2^53 a number would lose digits.
  return Number(name.slice(1)) <= 32 ? 'number' : 'bigint';
}

function wrapped(type) {
  return type.includes(' | ') ? `(${type})` : type;
}

/** `block_number` → `blockNumber`. */
export function camel(name) {
  return name
    .replaceAll(/_+([a-z0-9])/gi, (_, letter) => letter.toUpperCase())
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}
