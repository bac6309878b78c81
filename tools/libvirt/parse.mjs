/** Reads the part of rpcgen's language that libvirt uses: const, enum, struct, union, typedef. */
export function parseProtocol(text, external) {
  const tokens = tokenize(text);
  const constants = new Map(Object.entries(external));
  const types = new Map();
  let position = 0;
  const peek = () => tokens[position];
  const next = () => tokens[position++];
  const expect = (token) => {
    const found = next();
    if (found !== token) throw new Error(`expected ${token}, found ${found} (token ${position})`);
  };

  /** `type name`, `type *name`, `type name<max>`, `type name[size]`. */
  const declaration = () => {
    const words = [];
    while (/^\w+$/.test(peek()) && (words.length === 0 || /^\w+$/.test(tokens[position + 1] ?? ''))) words.push(next());
    // The last word is the name, unless a `*` stands before it.
    let pointer = false;
    if (peek() === '*') {
      next();
      pointer = true;
    }
    const name = next();
    let form = pointer ? { kind: 'optional' } : { kind: 'plain' };
    if (peek() === '<') {
      next();
      form = { kind: 'variable', max: peek() === '>' ? '0xffffffff' : next() };
      expect('>');
    } else if (peek() === '[') {
      next();
      form = { kind: 'fixed', size: next() };
      expect(']');
    }
    return { name, type: words.join(' '), ...form };
  };

  const block = (read) => {
    expect('{');
    const items = [];
    while (peek() !== '}') items.push(read());
    expect('}');
    expect(';');
    return items;
  };

  while (position < tokens.length) {
    const word = next();
    if (word === 'const') {
      const name = next();
      expect('=');
      constants.set(name, next());
      expect(';');
    } else if (word === 'enum') {
      const enumeration = next();
      types.set(enumeration, { kind: 'enum' });
      block(() => {
        const name = next();
        expect('=');
        constants.set(name, next());
        if (peek() === ',') next();
      });
    } else if (word === 'typedef') {
      const { name, ...rest } = declaration();
      expect(';');
      types.set(name, { kind: 'typedef', of: rest });
    } else if (word === 'struct') {
      const name = next();
      const fields = block(() => {
        const field = declaration();
        expect(';');
        return field;
      });
      types.set(name, { kind: 'struct', fields });
    } else if (word === 'union') {
      const name = next();
      while (next() !== ')'); // switch (int type): the discriminant is a plain integer always
      const cases = block(() => {
        if (next() === 'default') {
          expect(':');
          expect('void');
          expect(';');
          return undefined;
        }
        const tag = next();
        expect(':');
        const arm = declaration();
        expect(';');
        return { tag, arm };
      });
      types.set(name, { kind: 'union', cases: cases.filter((one) => one !== undefined) });
    } else {
      throw new Error(`unexpected ${word} (token ${position})`);
    }
  }
  return { constants, types };
}

/** A number, or the name of one. Bounds are looked up when a type is used: some come from C headers that we don't need. */
export function resolveConstant(constants, token) {
  if (constants.has(token)) return resolveConstant(constants, constants.get(token));
  const value = Number(token);
  if (!Number.isSafeInteger(value)) throw new Error(`unknown constant ${token}`);
  return value;
}

function tokenize(text) {
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\//g, ' ')
    .split('\n')
    .filter((line) => !line.startsWith('%') && !line.startsWith('#'))
    .join('\n');
  return code.match(/-?\w+|[{}<>[\];=,*():]/g) ?? [];
}
