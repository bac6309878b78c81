// Writes src/chain/generated/: the names and types of our pallets and contracts, from what is built in chain/artifacts and
// contracts/artifacts.
//
//   node tools/chain/generate-types.mjs           writes the files
//   node tools/chain/generate-types.mjs --check   exits with 1 when they are not what would be written

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { onProjectNode } from '../lib/node.mjs';
import { inProject } from '../lib/paths.mjs';
import { camel, label, typeWriter } from './type-writer.mjs';

onProjectNode();

/** Pallets of our own, as the runtime names them; those that it does not have are left out. */
const PALLETS = ['Scl', 'Csc', 'Psc', 'Osc', 'Drn'];
const TARGET = inProject('src/chain/generated');
const HEAD = `// Written by tools/chain/generate-types.mjs: do not edit. Names are as polkadot.js has them.

import type { AccountId, Hash } from '../types.ts';

type Hex = \`0x\${string}\`;
`;

async function runtimeTypes() {
  const { callRuntime } = await import('../../src/chain/runtime-call.ts');
  const { Metadata, TypeRegistry } = await import('@polkadot/types');
  const { compactStripLength } = await import('@polkadot/util');
  const wasm = gunzipSync(readFileSync(inProject('chain/artifacts/logos-runtime.wasm.gz')));
  const [, bytes] = compactStripLength(callRuntime(wasm, 'Metadata_metadata').result);
  const { lookup, pallets } = new Metadata(new TypeRegistry(), bytes).asLatest.toJSON();
  const writer = typeWriter(lookup.types, '');
  const ours = pallets.filter(({ name }) => PALLETS.includes(name));
  const body = ours.map((pallet) => palletType(pallet, writer)).join('\n');
  const all = ours.map(({ name }) => `  ${camel(name)}: ${name}Pallet;`).join('\n');
  return `${HEAD}\n${writer.declarations()}\n\n${body}\n/** The pallets of our own, as \`api.query\`, \`api.tx\`, events and errors name them. */\nexport interface RuntimePallets {\n${all}\n}\n`;
}

function palletType({ name, storage, calls, events, errors }, writer) {
  const storageItems = (storage?.items ?? []).map(({ name: item, modifier, type }) => {
    const { map, plain } = type;
    const value = `${writer.write(map?.value ?? plain)}${modifier === 'Optional' ? ' | null' : ''}`;
    const key = map === undefined ? 'null' : writer.write(map.key);
    const keys = map === undefined ? '[]' : map.hashers.length > 1 ? key : `[${key}]`;
    return `    ${camel(item)}: { keys: ${keys}; value: ${value} };`;
  });
  const callItems = of(calls, writer).map(({ name: call, fields }) => {
    const args = fields.map(({ name: field, type }) => `${label(field)}: ${writer.write(type)}`);
    return `    ${camel(call)}: [${args.join(', ')}];`;
  });
  const eventItems = of(events, writer).map((event) => `    ${event.name}: ${writer.fields(event.fields)};`);
  const errorNames = of(errors, writer).map((error) => `'${error.name}'`);
  return `export interface ${name}Pallet {
  storage: {\n${storageItems.join('\n')}\n  };
  calls: {\n${callItems.join('\n')}\n  };
  events: {\n${eventItems.join('\n')}\n  };
  errors: ${errorNames.join(' | ') || 'never'};
}
`;
}

function of(part, writer) {
  return part === null || part === undefined ? [] : writer.variantsOf(part.type);
}

function contractTypes() {
  const directory = inProject('contracts/artifacts');
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.contract'))
    .sort();
  const contracts = files.map((file) => contractType(file, JSON.parse(readFileSync(join(directory, file), 'utf8'))));
  const declarations = contracts.map((contract) => contract.declarations).join('\n\n');
  const bodies = contracts.map(({ body }) => body).join('\n');
  return `${HEAD}\n${declarations}\n\n/** The messages and events of our contracts. */\nexport interface ContractInterfaces {\n${bodies}\n}\n`;
}

function contractType(file, { spec, types }) {
  const name = camel(basename(file, '.contract').replaceAll('-', '_'));
  const writer = typeWriter(types, name.charAt(0).toUpperCase() + name.slice(1));
  const messages = spec.messages.map((message) => {
    const args = message.args.map((arg) => `${label(arg.label)}: ${writer.write(arg.type.type)}`);
    return `    ${camel(message.label)}: { args: [${args.join(', ')}]; returns: ${writer.write(answerOf(message, writer))} };`;
  });
  const events = spec.events.map((event) => {
    const fields = event.args.map((arg) => `${camel(arg.label)}: ${writer.write(arg.type.type)}`);
    return `    ${event.label.split('::').at(-1)}: { ${fields.join('; ')} };`;
  });
  const body = `  ${name}: {
    messages: {\n${messages.join('\n')}\n    };
    events: {\n${events.join('\n')}\n    };
  };`;
  return { body, declarations: writer.declarations() };
}

/** Every message answers `Result<answer, LangError>`, of which the client gives the answer. */
function answerOf({ returnType }, writer) {
  const ok = writer.variantsOf(returnType.type).find((variant) => variant.name === 'Ok');
  return ok?.fields?.[0]?.type ?? returnType.type;
}

/** As the project formats its sources. */
function formatted(name, text) {
  const biome = inProject('node_modules/.bin/biome');
  const { status, stdout, stderr } = spawnSync(
    biome,
    ['check', '--write', '--unsafe', `--stdin-file-path=src/chain/generated/${name}`],
    {
      cwd: inProject('.'),
      input: text,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const files = {
  'runtime.ts': formatted('runtime.ts', await runtimeTypes()),
  'contracts.ts': formatted('contracts.ts', contractTypes()),
};
const changed = Object.keys(files).filter((name) => {
  const path = join(TARGET, name);
  return !existsSync(path) || readFileSync(path, 'utf8') !== files[name];
});
if (process.argv.includes('--check')) {
  for (const name of changed) {
    console.error(
      `src/chain/generated/${name} is not of the built runtime and contracts: run node tools/chain/generate-types.mjs`,
    );
  }
  process.exitCode = changed.length === 0 ? 0 : 1;
} else {
  mkdirSync(TARGET, { recursive: true });
  for (const name of changed) writeFileSync(join(TARGET, name), files[name]);
  console.log(changed.length === 0 ? 'The generated types are up to date' : `Written: ${changed.join(', ')}`);
}
