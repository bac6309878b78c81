import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../system/canonical.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import { readJson, writeJson } from '../../system/files.ts';
import type { Json } from '../../system/journal.ts';
import type { RegionDefinition } from '../definition.ts';
import { changedTasks } from '../events.ts';
import { regionPaths } from '../files.ts';
import { inSession, play, type RegionOptions, type Session } from '../session.ts';
import type { ProviderAnswer, ProviderRequest } from './documents.ts';
import { hubSchema } from './documents.ts';
import { addressOf, joined, type Provider, readProviders, writeProviders } from './register.ts';

/** Where the hub listens (iac/ansible/roles/provider_hub). */
const HUB_PORT = 51_820;

export interface AddOptions {
  /** The resource class that its guests are of; the region's first one by default. */
  readonly class?: string;
  /** Its machine's account on chain: what is excluded there is excluded here. */
  readonly account?: string;
  /** Where it reaches the hub from outside; the hub's own address by default. */
  readonly endpoint?: string;
  /** Look what it would change. */
  readonly dryRun?: boolean;
}

/**
 * Has a region ready for a provider's machine, and gives what that machine has to be told. Run again, it gives the same. Throws
 * UserError `provider-networks-missing`, `region-class-unknown`, and what `joined` and playbooks throw.
 */
export function addProvider(
  options: RegionOptions,
  request: ProviderRequest,
  { class: named, account, endpoint, dryRun = false }: AddOptions,
): Promise<{ changed: number; answer?: ProviderAnswer }> {
  const { definition } = options;
  const { hub, name: hubName, network } = hubOf(definition);
  const resourceClass = named ?? definition.classes[0]?.name ?? '';
  if (!definition.classes.some(({ name }) => name === resourceClass)) {
    throw new UserError('region-class-unknown', `There is no class ${resourceClass}.`, { exitCode: ExitCode.usage });
  }
  return inSession(options, async (session) => {
    const { root, kept } = session.paths;
    const known = joined(await readProviders(root), request, { class: resourceClass, account });
    if (!dryRun) await writeProviders(root, known);
    const changed = await lay(session, known, [], dryRun);
    if (dryRun) return { changed };
    const told = await readJson(join(kept, 'hub.json'), hubSchema);
    const own = known.find(({ name }) => name === request.name);
    if (told === undefined || own === undefined) throw new TypeError('the playbook tells of the hub');
    const pki = (file: string) => readFile(join(kept, 'pki', file), 'utf8');
    const certificate = await pki(`provider-${own.name}-${sha256Hex(Buffer.from(own.tlsKey)).slice(0, 16)}.pem`);
    return {
      changed,
      answer: {
        format: 'provider-answer',
        formatVersion: 1,
        region: definition.name,
        name: own.name,
        endpoint: endpoint ?? `${hubName.address}:${HUB_PORT}`,
        hubKey: told.tunnelKey,
        hub,
        address: addressOf(network, own.number),
        networks: [definition.networks.tunnel ?? definition.networks.management, network],
        datapath: definition.networks.datapath,
        authority: await pki('ca.pem'),
        certificate,
        computes: `computes of ${definition.name}`,
        filesKey: told.filesKey,
      },
    };
  });
}

/** Has Nova place guests on a provider's machine that is connected; waits until it is. Throws `provider-unknown`. */
export function enableProvider(options: RegionOptions, name: string): Promise<{ changed: number }> {
  return inSession(options, async (session) => {
    const provider = await find(session, name);
    return { changed: await call(session, provider, 'enable') };
  });
}

/**
 * Takes a provider's machine out of a region. One that leaves has its guests moved with their disks; an excluded one's are rebuilt from
 * their images, and it never comes back. Then its tunnel, compute and resources are gone. Run again, it goes on. Throws
 * `provider-unknown`.
 */
export function removeProvider(
  options: RegionOptions,
  name: string,
  { excluded = false, dryRun = false }: { excluded?: boolean; dryRun?: boolean } = {},
): Promise<{ changed: number }> {
  return inSession(options, async (session) => {
    const { root } = session.paths;
    const known = await readProviders(root);
    const provider = await find(session, name);
    const others = known.filter((one) => one.name !== name);
    const after: Provider[] = [...others, { ...provider, state: excluded ? 'excluded' : 'left' }];
    if (dryRun) return { changed: await call(session, provider, excluded ? 'evacuate' : 'drain', true) };
    let changed = 0;
    // What is excluded is cut off first: no frame of its guests, and no file of it, goes anywhere from now on.
    if (excluded) {
      await writeProviders(root, after);
      changed += await lay(session, after, [name]);
      changed += await call(session, provider, 'evacuate');
    } else {
      changed += await call(session, provider, 'drain');
      await writeProviders(root, after);
      changed += await lay(session, after, [name]);
    }
    return { changed: changed + (await call(session, provider, 'remove')) };
  });
}

/** The providers that a region knows, without asking a server. */
export async function listProviders(regions: string, { name, networks }: RegionDefinition) {
  const known = await readProviders(regionPaths(regions, name).root);
  const { providers = '' } = networks;
  return known.map(({ name: its, class: of, state, number, account }) => ({
    name: its,
    class: of,
    state,
    ...(providers && { address: addressOf(providers, number) }),
    ...(account && { account }),
  }));
}

async function find({ paths, options }: Session, name: string): Promise<Provider> {
  const found = (await readProviders(paths.root)).find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new UserError('provider-unknown', `${options.definition.name} has no provider ${name}.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['See which ones it has: `logos region provider list`.'],
  });
}

/** Has the hub, the computes and the ways to providers as the list says; `gone` are taken away. */
async function lay(session: Session, known: readonly Provider[], gone: readonly string[], check = false) {
  const providers = known.filter(({ state }) => state === 'joined').map((one) => valuesOf(session, one));
  return run(session, 'lay', { providers, gone: [...gone] }, check);
}

function call(session: Session, provider: Provider, action: 'enable' | 'drain' | 'evacuate' | 'remove', check = false) {
  return run(session, 'call', { provider: valuesOf(session, provider), action }, check);
}

/** Runs a playbook with the region's values and these; the file that they are in is the operator's alone. */
async function run(session: Session, playbook: 'lay' | 'call', values: { [key: string]: Json }, check: boolean) {
  const { hub } = hubOf(session.options.definition);
  const known = JSON.parse(await readFile(session.paths.values, 'utf8')) as { region: { network: object } };
  const file = join(session.paths.root, 'providers-values.json');
  const region = { ...known.region, network: { ...known.region.network, hub } };
  await writeJson(file, { ...known, region, ...values });
  const runner = { ...session.runner, values: file };
  return changedTasks(await play({ ...session, runner }, 'nova', `phases/providers/${playbook}.yml`, check));
}

function valuesOf(session: Session, { name, class: of, number, tunnelKey, tlsKey, hostKey }: Provider): Json {
  const { network } = hubOf(session.options.definition);
  return {
    ...{ name, class: of, address: addressOf(network, number) },
    ...{ tunnel_key: tunnelKey, tls_key: tlsKey, host_key: hostKey },
  };
}

/** The hub is on the first controller: it has a vote, and carries no guests' networks itself. */
function hubOf({ networks: { providers }, servers }: RegionDefinition) {
  const server = servers.find(({ roles }) => roles.includes('controller'));
  if (providers !== undefined && server !== undefined) {
    return { hub: addressOf(providers, 1), name: server, network: providers };
  }
  throw new UserError('provider-networks-missing', 'The definition has no network for providers.', {
    exitCode: ExitCode.refused,
    nextSteps: ['Add `networks.providers` to it, such as 10.67.0.0/16, and have it named on chain again.'],
  });
}
