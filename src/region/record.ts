import { stringify } from 'yaml';
import { z } from 'zod';
import { type Closure, type PackedFile, packClosure } from '../gatekeeper/index.ts';
import { canonicalJson } from '../system/canonical.ts';
import { ExitCode, UserError } from '../system/errors.ts';
import type { Json } from '../system/journal.ts';
import type { RegionDefinition } from './definition.ts';
import { compareDefinitions, compareManifests, type Difference, type Manifest, manifestSchema } from './platform.ts';

/**
 * What the chain names for a region: a deployment (docs/deploy.md) that holds the definition, and the digest of every file of the
 * tree that builds it. Each server of the region lays both down, so that everybody can compare.
 */
const DEFINITION = 'files/definition.json';
const PLATFORM = 'files/platform.json';
const DIRECTORY = '/etc/logos-region';

/** The deployment's target: every host of the region the definition is for. */
export function recordTarget(name: string): string {
  return `region/platform-${name}`;
}

/** The files of the deployment; the same definition and tree give the same bytes. */
export function recordFiles(definition: RegionDefinition, platform: Manifest): PackedFile[] {
  const text = (path: string, content: Json): PackedFile => ({
    path,
    executable: false,
    bytes: Buffer.from(`${canonicalJson(content)}\n`),
  });
  const yaml = (path: string, content: Json): PackedFile => ({
    path,
    executable: false,
    bytes: Buffer.from(stringify(content)),
  });
  const playbook = ['ansible-playbook', '-i', 'inventory.yaml', 'site.yaml'];
  return [
    yaml('deployment.yaml', {
      format: 'deployment',
      formatVersion: 1,
      name: `platform-${definition.name}`,
      version: definition.version,
      target: recordTarget(definition.name),
      layer: 1,
      steps: [
        {
          name: 'record',
          command: playbook,
          drift: { command: ['ansible-playbook', '--check', ...playbook.slice(1)], clean: 'ansible-recap' },
          writes: [DIRECTORY],
        },
      ],
    }),
    yaml('inventory.yaml', { all: { hosts: { 'this-host': { ansible_connection: 'local' } } } }),
    yaml('site.yaml', [{ hosts: 'all', gather_facts: false, tasks: [task(DEFINITION), task(PLATFORM)] }]),
    text(DEFINITION, definition as unknown as Json),
    text(PLATFORM, platform as unknown as Json),
  ];
}

/** Packs it: the digest is what goes on chain. */
export function packRecord(definition: RegionDefinition, platform: Manifest): Closure {
  return packClosure(recordFiles(definition, platform));
}

/** What differs between the record that the chain names and what lies here; empty when the digests are equal. */
export function compareRecords(named: Closure, found: Closure): Difference[] {
  if (named.digest === found.digest) return [];
  const [before, after] = [open(named), open(found)];
  return [
    ...compareManifests(before.platform, after.platform),
    ...compareDefinitions(before.definition, after.definition),
  ];
}

/**
 * Throws UserError `region-closure-differs` (exit code 3), which tells the first differences, unless what lies here is what was
 * named. `named`: the record, or its digest where the record itself can't be had.
 */
export function refuseOther(named: Closure | string, found: Closure): void {
  const digest = typeof named === 'string' ? named : named.digest;
  if (digest === found.digest) return;
  const differences = typeof named === 'string' ? [] : compareRecords(named, found);
  const told = differences.slice(0, SHOWN).map(({ what, where, how }) => `${what} ${where} was ${how}`);
  const more = differences.length > SHOWN ? [`${differences.length - SHOWN} more differences.`] : [];
  const what = differences[0] === undefined ? '' : `: ${told[0]}`;
  throw new UserError(
    'region-closure-differs',
    `This is not the region that the chain names (${digest.slice(0, 12)})${what}.`,
    {
      exitCode: ExitCode.refused,
      nextSteps: [
        ...told.slice(1).map((line) => `Also: ${line}.`),
        ...more,
        'Put back what differs, or raise the version of the definition and propose it: `logos region init --propose`.',
      ],
    },
  );
}

const SHOWN = 20;

function open({ files }: Closure): { definition: unknown; platform: Manifest } {
  const json = (path: string): unknown => {
    const file = files.get(path);
    if (file === undefined) return {};
    return JSON.parse(Buffer.from(file.bytes).toString('utf8'));
  };
  const platform = z.safeParse(manifestSchema, json(PLATFORM));
  return { definition: json(DEFINITION), platform: platform.success ? platform.data : {} };
}

function task(file: string): Json {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return {
    name: `Lay down ${name}`,
    'ansible.builtin.copy': { src: file, dest: `${DIRECTORY}/${name}`, mode: '0644' },
  };
}
