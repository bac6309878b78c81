import type { NodeReport } from '../../../service/index.ts';

/** A node's report for people. */
export function nodeLines({ service, settings, url, chain, warnings }: NodeReport): string[] {
  const state = service?.state ?? 'stopped';
  const head = `${settings.role} node ${settings.name}: ${state}${service?.pid === undefined ? '' : ` (process ${service.pid})`}`;
  const ports =
    settings.role === 'light' ? '' : `, peers on port ${settings.port}, metrics on port ${settings.metricsPort}`;
  const place = `${url}${ports}, in ${settings.directory}`;
  if (!chain) return [head, place];
  return [
    head,
    place,
    `${chain.name}  genesis ${chain.genesis}`,
    `block ${chain.best}, finalized ${chain.finalized}, ${chain.peers} peers${chain.syncing ? ', catching up' : ''}`,
    ...(chain.peerId === undefined ? [] : [`known to peers as ${chain.peerId}`]),
    ...warnings.flatMap(({ message, nextSteps }) => [`Warning: ${message}`, ...nextSteps.map((step) => `  → ${step}`)]),
  ];
}
