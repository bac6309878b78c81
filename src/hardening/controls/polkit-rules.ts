import { DVM_UUID_PREFIX } from '../../system/dvm-uuid.ts';

/** What anybody may do with a machine of the region: to look at it, as libvirt's access control calls it. */
export const PERMISSIONS = ['getattr', 'read'] as const;

/**
 * A rules file for polkit (polkit(8)). A machine of the region is told by its UUID, which nobody can change; what others may
 * do with it is all that a policy decides. Everything else stays with whoever has a connection: polkit was asked for that
 * before, and libvirt itself holds one that only looks to looking.
 */
export function polkitRules(others: readonly (typeof PERMISSIONS)[number][]): string {
  return `// Written by logos from the host policy on chain; \`logos harden restore\` removes it.
polkit.addRule(function (action, subject) {
  var prefix = "org.libvirt.api.";
  if (action.id.indexOf(prefix) !== 0) return polkit.Result.NOT_HANDLED;
  var uuid = action.lookup("domain_uuid");
  if (!uuid || uuid.indexOf(${JSON.stringify(DVM_UUID_PREFIX)}) !== 0) return polkit.Result.YES;
  var others = ${JSON.stringify(others)};
  var what = action.id.slice(prefix.length);
  for (var i = 0; i < others.length; i++) if (what === "domain." + others[i]) return polkit.Result.YES;
  return polkit.Result.NO;
});
`;
}
