import { parseDocument } from 'yaml';
import { ExitCode, UserError } from '../system/errors.ts';
import { parseServer } from './compose.ts';
import { parseDefinition, type RegionDefinition } from './definition.ts';
import type { Role } from './placement.ts';

/**
 * Roles that a server can come with later. The others are shared out when a region is made: votes of database, messaging and OVN,
 * and copies of volumes and objects lie on servers that know each other, and with one more they would all be laid anew.
 */
export const LATER_ROLES = ['compute', 'network'] as const satisfies readonly Role[];

export interface AddedServer {
  /** `NAME=[USER@]ADDRESS[:PORT]`. */
  readonly server: string;
  readonly roles: readonly Role[];
  readonly class?: string;
  /** `ADDRESS,CARD`: where its tunnels end. */
  readonly tunnel?: string;
}

/**
 * A definition's text with one more server, and the version after it; comments and order stay. `hostKey`: its public host key.
 * Throws UserError `region-role-fixed` and `wrong-usage` (exit code 2), and what `parseDefinition` throws of the outcome.
 */
export function withServer(
  text: string,
  { server, roles, class: resourceClass, tunnel }: AddedServer,
  hostKey: string,
): { text: string; definition: RegionDefinition } {
  const fixed = roles.find((role) => !(LATER_ROLES as readonly Role[]).includes(role));
  if (fixed !== undefined) {
    throw new UserError('region-role-fixed', `A server can't become ${fixed} in a region that stands.`, {
      exitCode: ExitCode.usage,
      nextSteps: [
        `Add it as ${LATER_ROLES.join(' or ')}.`,
        'For more room or votes define a region anew, and move what is in this one: `logos region backup`.',
      ],
    });
  }
  const { name, address, user, port } = parseServer(server);
  const document = parseDocument(text);
  const version = nextVersion(String(document.get('version')));
  document.set('version', version);
  document.addIn(
    ['servers'],
    document.createNode({
      name,
      address,
      ...(tunnel !== undefined && { tunnel: readTunnel(tunnel) }),
      ...(resourceClass !== undefined && { class: resourceClass }),
      ssh: { ...(user && { user }), ...(port && { port }), hostKey },
      roles: [...roles],
    }),
  );
  const written = document.toString({ lineWidth: 0 });
  return { text: written, definition: parseDefinition(Buffer.from(written)) };
}

/** The second number rises: there is more than before, and nothing is other than it was. */
function nextVersion(version: string): string {
  const [major = '1', minor = '0'] = version.split('.');
  return `${major}.${Number(minor) + 1}.0`;
}

function readTunnel(text: string): { address: string; interface: string } {
  const [address = '', card = '', ...rest] = text.split(',');
  if (address !== '' && card !== '' && rest.length === 0) return { address, interface: card };
  throw new UserError('wrong-usage', `${JSON.stringify(text)} can't be read: write it like 10.66.0.5,eth1.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['See `logos region add-server --help`.'],
  });
}
