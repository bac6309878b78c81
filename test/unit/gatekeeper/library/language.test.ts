import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { librarySet, parseLibrary, readCommand } from '../../../../src/gatekeeper/library/index.ts';
import { ExternalError } from '../../../../src/system/errors.ts';
import { codeOf, documentsOf, NO_DOCUMENTS, SHIPPED } from './shipped.ts';
import { libraryOf, toySpec } from './toy.ts';

type Spec = ReturnType<typeof toySpec>;
type Command = Record<string, unknown>;

/** The toy library with its command changed. */
function changed(change: (command: Command, library: Record<string, unknown>) => void): Spec {
  const spec = structuredClone(toySpec('pflag'));
  change(spec.commands[0] as unknown as Command, spec as unknown as Record<string, unknown>);
  return spec;
}

function invalid(spec: unknown): string {
  try {
    libraryOf(spec);
  } catch (error) {
    expect(error).toBeInstanceOf(ExternalError);
    expect((error as ExternalError).code).toBe('library-invalid');
    return (error as Error).message;
  }
  return 'accepted';
}

const option = (more: object) => changed((command) => Object.assign(command, { options: [{ name: 'x', ...more }] }));
const typed = (type: unknown) => option({ type });

describe('a library that can’t be used', () => {
  it.each([
    ['an unknown member', changed((_, library) => Object.assign(library, { script: 'id' })), /script/],
    ['another format', changed((_, library) => Object.assign(library, { formatVersion: 2 })), /formatVersion/],
    ['an unknown dialect', changed((_, library) => Object.assign(library, { dialect: 'shell' })), /dialect/],
    ['an option twice', option({ type: 'flag', aliases: ['x'] }), /x stands twice/],
    [
      'an option that is allowed and forbidden',
      changed((command) => Object.assign(command, { forbidden: [{ name: 'alpha', reason: 'It is bad.' }] })),
      /alpha stands twice/,
    ],
    [
      'one name for an option and an argument',
      changed((command) => Object.assign(command, { options: [{ name: 'first', type: 'flag' }] })),
      /one name/,
    ],
    ['an unknown type', typed('colour'), /colour, which it doesn't define/],
    [
      'a type of a built-in’s name',
      changed((_, library) => Object.assign(library, { types: { port: 'ip' } })),
      /port is built in/,
    ],
    [
      'types in a circle',
      changed((_, library) =>
        Object.assign(library, { types: { a: { list: { of: 'b' } }, b: { list: { of: 'a' } } } }),
      ),
      /circle/,
    ],
    ['a document that nothing can check', typed({ document: { kind: 'perl' } }), /documents of the kind perl/],
    ['a document inside a list', typed({ list: { of: { document: { kind: 'yaml' } } } }), /part of another type/],
    ['a nested repetition', typed({ text: { pattern: '(?:a+)+', maxLength: 9 } }), /repeats what has repetitions/],
    ['repeated alternatives', typed({ text: { pattern: '(?:a|aa)*', maxLength: 9 } }), /repeats what has/],
    ['too many repetitions', typed({ text: { pattern: 'a*a*a*a*b', maxLength: 255 } }), /repeats too much/],
    ['a look ahead', typed({ text: { pattern: '(?=a)b', maxLength: 9 } }), /not \(\?:/],
    ['a back reference', typed({ text: { pattern: '(a)\\1', maxLength: 9 } }), /escape/],
    ['no regular expression', typed({ text: { pattern: '[z-a]', maxLength: 9 } }), /not a regular expression/],
    [
      'a secret in a key',
      changed((command) =>
        Object.assign(command, { positionals: [{ name: 'first', type: 'label', secret: true }], keys: ['a.{first}'] }),
      ),
      /would show the secret/,
    ],
    [
      'a key of what may be absent',
      changed((command) => Object.assign(command, { keys: ['a.{beta}'] })),
      /may be absent/,
    ],
    [
      'a key of what is not there',
      changed((command) => Object.assign(command, { keys: ['a.{zeta}'] })),
      /zeta, which it hasn't/,
    ],
    [
      'a constraint of what is not there',
      changed((command) => Object.assign(command, { constraints: [{ atMostOne: ['alpha', 'zeta'] }] })),
      /zeta/,
    ],
    [
      'a variadic argument before another',
      changed((command) =>
        Object.assign(command, {
          positionals: [
            { name: 'all', type: 'label', variadic: true },
            { name: 'one', type: 'label' },
          ],
        }),
      ),
      /not the last/,
    ],
    [
      'a required argument after one that is not',
      changed((command) =>
        Object.assign(command, {
          positionals: [
            { name: 'a', type: 'label', required: false },
            { name: 'b', type: 'label' },
          ],
        }),
      ),
      /b is required/,
    ],
    ['options of an unknown set', changed((command) => Object.assign(command, { use: ['more'] })), /options more/],
    [
      'a verb twice',
      changed((command, library) => Object.assign(library, { commands: [command, command] })),
      /verb go twice/,
    ],
    [
      'a verb that is there and forbidden',
      changed((_, library) => Object.assign(library, { forbiddenVerbs: [{ verb: ['go'], reason: 'It is bad.' }] })),
      /has and forbids/,
    ],
    ['a required flag', option({ type: 'flag', required: true }), /flag x can't be that/],
  ])('%s', (_, spec, message) => {
    expect(invalid(spec)).toMatch(message);
  });

  it('is no JSON, no YAML, two documents, or YAML that readers differ on', () => {
    for (const text of ['', '{', 'a: 1\n---\nb: 2', 'name: &a x\nversion: *a', 'format: reference-library\nformat: x'])
      expect(() => parseLibrary(new TextEncoder().encode(text))).toThrow(ExternalError);
  });

  it('does not stand twice for one tool', () => {
    const [first] = SHIPPED;
    if (first === undefined) throw new Error('none is shipped');
    expect(() => librarySet([first, first])).toThrow(/stands in two/);
    expect(() => librarySet([first, { ...first, name: 'other' }])).toThrow(/the tool/);
  });
});

describe('constraints', () => {
  const constrained = (constraint: object) =>
    libraryOf(changed((command) => Object.assign(command, { constraints: [constraint] })));
  const outcome = (constraint: object, args: string) =>
    codeOf(() => readCommand(constrained(constraint), `toy go w ${args}`.trim().split(' '), NO_DOCUMENTS));
  it.each([
    [{ if: 'alpha', needs: ['beta'] }, '--beta 1', 'accepted'],
    [{ if: 'alpha', needs: ['beta'] }, '--alpha', 'values-conflict'],
    [{ if: 'alpha', needs: ['beta'] }, '--alpha=false', 'accepted'],
    [{ if: 'alpha', needs: ['beta'] }, '--alpha --beta 0', 'accepted'],
    [{ if: 'alpha', excludes: ['beta'] }, '--alpha --beta 1', 'values-conflict'],
    [{ if: 'beta', is: 7, needs: ['alpha'] }, '--beta 8', 'accepted'],
    [{ if: 'beta', is: 7, needs: ['alpha'] }, '--beta 7', 'values-conflict'],
    [{ atMostOne: ['alpha', 'beta'] }, '', 'accepted'],
    [{ atMostOne: ['alpha', 'beta'] }, '--alpha --beta 1', 'values-conflict'],
    [{ exactlyOne: ['alpha', 'beta'] }, '', 'values-conflict'],
    [{ exactlyOne: ['alpha', 'beta'] }, '--beta 1', 'accepted'],
    [{ exactlyOne: ['alpha', 'beta'] }, '--alpha --beta 1', 'values-conflict'],
    [{ atLeastOne: ['alpha', 'beta'] }, '--alpha --beta 1', 'accepted'],
    [{ atLeastOne: ['alpha', 'beta'] }, '', 'values-conflict'],
  ])('%j with %j: %s', (constraint, args, expected) => {
    expect(outcome(constraint, args)).toBe(expected);
  });
});

describe('a technology that the project does not ship', () => {
  const nomad = parseLibrary(readFileSync(new URL('./fixtures/nomad.yaml', import.meta.url)));
  const all = librarySet([...SHIPPED, nomad]);
  const documents = documentsOf({ 'web.json': '{"Job": {"ID": "web"}}', 'bad.json': '{"Job": {}, "Job": {}}' });
  const read = (line: string) => {
    const argv = line.split(' ');
    const library = all.forTool(argv[0] as string);
    if (library === undefined) throw new Error('unknown');
    return readCommand(library, argv, documents);
  };

  it('takes a file, and no code', () => {
    const command = read('nomad job run -namespace=web -detach -check-index 7 web.json');
    expect(command).toMatchObject({ operation: 'nomad.job-run', keys: ['nomad.job.web'], layer: 3 });
    expect({ ...command.parameters }).toEqual({ namespace: 'web', detach: true, 'check-index': 7, job: 'web.json' });
    expect(command.documents).toMatchObject([{ index: 7, start: 0, path: 'web.json', kind: 'json', private: false }]);
    expect(read('nomad node drain -enable -deadline 5m self').undo).toEqual([
      'nomad',
      'node',
      'drain',
      '-disable',
      'self',
    ]);
  });

  it.each([
    ['option-forbidden', 'nomad job run -address=http://x web.json'],
    ['verb-forbidden', 'nomad alloc exec x sh'],
    ['values-conflict', 'nomad node drain self'],
    ['document-malformed', 'nomad job run bad.json'],
    ['document-missing', 'nomad job run none.json'],
    ['value-invalid', 'nomad job run ../web.json'],
  ])('refuses by it: %s: %s', (code, line) => {
    expect(codeOf(() => read(line))).toBe(code);
  });
});
