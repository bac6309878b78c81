import { type Library, parseLibrary } from '../../../../src/gatekeeper/library/index.ts';

export const DIALECT_NAMES = ['pflag', 'argparse', 'cliff', 'goflag', 'virsh'] as const;
export type DialectName = (typeof DIALECT_NAMES)[number];

const operand = { text: { pattern: '[a-z][a-z0-9]*', maxLength: 12 } };

/** A small grammar with one option of each sort; the same for every dialect. */
export function toySpec(dialect: DialectName) {
  return {
    format: 'reference-library',
    formatVersion: 1,
    name: 'toy',
    version: '1.0.0',
    describes: 'no tool',
    tools: ['toy'],
    dialect,
    commands: [
      {
        verb: ['go'],
        operation: 'toy.go',
        effect: 'change',
        layer: 1,
        section: 'compute-section-1',
        positionals: [
          { name: 'first', type: operand },
          { name: 'second', type: operand, required: false },
        ],
        options: [
          { name: 'alpha', short: 'a', type: 'flag' },
          { name: 'count', short: 'k', type: 'count' },
          { name: 'beta', short: 'b', type: { integer: { min: 0, max: 999 } } },
          { name: 'gamma', short: 'g', type: operand, repeatable: true },
          { name: 'delta-long', type: { pair: { key: operand, value: operand } } },
        ],
        forbidden: [{ name: 'evil', short: 'e', reason: 'It is only here to be refused.' }],
      },
    ],
  };
}

export function libraryOf(spec: unknown): Library {
  return parseLibrary(new TextEncoder().encode(JSON.stringify(spec)));
}

export function toy(dialect: DialectName): Library {
  return libraryOf(toySpec(dialect));
}
