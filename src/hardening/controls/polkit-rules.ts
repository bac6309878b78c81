/** Who may do what with which virtual machines, as data: what a rule of polkit is made from. */
export interface LibvirtCaller {
  /** A user's or a group's name; one of the two. */
  readonly user?: string;
  readonly group?: string;
  /** Names of domains: exactly this one, or all that begin so. */
  readonly domain?: string;
  readonly prefix?: string;
  /** Domains that begin so are not meant. */
  readonly except?: string;
  /** `all`, or permissions of libvirt's access control such as `read` and `getattr`. */
  readonly may: 'all' | readonly string[];
}

/**
 * A rules file for polkit (polkit(8)): the data, and a function that never changes. Whoever no entry speaks of is left to
 * libvirt's own defaults, which let other users but look; what is no matter of libvirt is none of this file.
 */
export function polkitRules(callers: readonly LibvirtCaller[]): string {
  return `// Written by logos from the host policy on chain; \`logos harden restore\` removes it.
var callers = ${JSON.stringify(callers, null, 2)};

polkit.addRule(function (action, subject) {
  var prefix = "org.libvirt.api.";
  if (action.id.indexOf(prefix) !== 0) return polkit.Result.NOT_HANDLED;
  var parts = action.id.slice(prefix.length).split(".");
  var domain = action.lookup("domain_name");
  var known = false;
  for (var i = 0; i < callers.length; i++) {
    var it = callers[i];
    var isCaller = it.user ? subject.user === it.user : subject.isInGroup(it.group);
    if (!isCaller) continue;
    known = true;
    if (parts[0] === "domain" && domain) {
      if (it.domain !== undefined && domain !== it.domain) continue;
      if (it.prefix !== undefined && domain.indexOf(it.prefix) !== 0) continue;
      if (it.except !== undefined && domain.indexOf(it.except) === 0) continue;
    }
    if (it.may === "all" || it.may.indexOf(parts[1]) >= 0) return polkit.Result.YES;
  }
  return known ? polkit.Result.NO : polkit.Result.NOT_HANDLED;
});
`;
}
