import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { RegionOptions } from '../../region/index.ts';
import type { Home } from '../../system/home.ts';

/** What `bootstrap` and `reset` are told of a region. */
export const REGION_ARGS = {
  definition: Args.string({ description: 'file of the definition', required: true }),
};

export const REGION_FLAGS = {
  identity: Flags.string({ char: 'i', description: "private key's file (default: the agent's keys)" }),
  chain: Flags.string({ description: 'WebSocket address of the chain (default: the one this host joined)' }),
  'closure-hash': Flags.string({ description: 'compare with this closure, and ask no chain', exclusive: ['chain'] }),
  platform: Flags.string({ description: 'tree of playbooks (default: the one that ships)' }),
  ansible: Flags.string({ description: 'the program ansible-playbook', default: 'ansible-playbook' }),
  yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
};

export interface RegionFlags {
  identity?: string;
  chain?: string;
  'closure-hash'?: string;
  platform?: string;
  ansible: string;
}

/** The region of a definition, once it is what the chain or `--closure-hash` names. Throws what stands against it. */
export async function namedRegion(home: Home, definition: string, flags: RegionFlags) {
  const { openRegion, prepareRegions, refuseUnnamed } = await import('../../service/index.ts');
  const region = await openRegion(definition, flags.platform);
  const regions = await prepareRegions(home);
  const namedBy = await refuseUnnamed(home, region, { closureHash: flags['closure-hash'], chain: flags.chain });
  const options: Omit<RegionOptions, 'progress' | 'signal' | 'guest'> = {
    ...region,
    regions,
    ansible: flags.ansible,
    ...(flags.identity && { identity: resolve(flags.identity) }),
  };
  return { region, namedBy, options };
}

export const BACKUP_FLAGS = {
  'passphrase-file': Flags.string({ description: 'file whose first line is the passphrase' }),
  plain: Flags.boolean({ description: 'do not seal it', default: false, exclusive: ['passphrase-file'] }),
};

/** A database's name, which becomes a word of a command on a server. Throws UserError `wrong-usage` (exit code 2). */
export async function databaseName(name: string): Promise<string> {
  if (/^[a-z][a-z0-9_]{0,63}$/.test(name)) return name;
  const { ExitCode, UserError } = await import('../../system/errors.ts');
  throw new UserError('wrong-usage', `${JSON.stringify(name)} is no name of a database.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['Name one such as keystone, nova_api or neutron.'],
  });
}

/** The passphrase of a backup. Throws UserError `wrong-usage` (exit code 2) where there is none, or none worth the name. */
export async function passphraseFrom(file: string | undefined): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const { ExitCode, UserError } = await import('../../system/errors.ts');
  const text = file === undefined ? process.env.LOGOS_BACKUP_PASSPHRASE : await readFile(file, 'utf8').catch(() => '');
  const passphrase = text?.split('\n')[0]?.trim() ?? '';
  if (passphrase.length >= 12) return passphrase;
  throw new UserError('wrong-usage', 'There is no passphrase of 12 characters or more.', {
    exitCode: ExitCode.usage,
    nextSteps: ['Name its file with --passphrase-file, or set LOGOS_BACKUP_PASSPHRASE.'],
  });
}
