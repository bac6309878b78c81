import { z } from 'zod';

/** Our services, as units call them. */
const SERVICES = ['chain', 'libvirtd', 'ng', 'ngd'] as const;
export type SandboxedService = (typeof SERVICES)[number];

const yesNo = z.enum(['yes', 'no']);
const words = z.string().regex(/^~?[A-Za-z0-9_@-]+(?: [A-Za-z0-9_@-]+)*$/);
/** Kinds of namespaces that may still be made: namespaces(7). */
const namespaces = z
  .string()
  .regex(/^(?:cgroup|ipc|mnt|net|pid|user|uts|time)(?: (?:cgroup|ipc|mnt|net|pid|user|uts|time))*$/);
/** Only what is taken away: a list of what is left could stop the program itself. */
const taken = z.string().regex(/^~@?[a-z0-9_-]+(?: @?[a-z0-9_-]+)*$/);

/**
 * Directives that only take rights away (systemd.exec(5)). Everything else, above all what starts programs, opens paths or
 * changes users, is refused: a policy could otherwise run anything as root. MemoryDenyWriteExecute is not among them, because
 * a JavaScript engine compiles as it runs.
 */
const directives = z
  .strictObject({
    CapabilityBoundingSet: words,
    LockPersonality: yesNo,
    NoNewPrivileges: yesNo,
    PrivateDevices: yesNo,
    PrivateMounts: yesNo,
    PrivateTmp: yesNo,
    ProtectClock: yesNo,
    ProtectControlGroups: yesNo,
    ProtectHome: z.enum(['yes', 'no', 'read-only']),
    ProtectHostname: yesNo,
    ProtectKernelLogs: yesNo,
    ProtectKernelModules: yesNo,
    ProtectKernelTunables: yesNo,
    ProtectProc: z.enum(['invisible', 'default']),
    ProtectSystem: z.enum(['yes', 'no', 'full', 'strict']),
    RestrictAddressFamilies: words,
    /** Names: all but those. The guard works out in one of `net` what a kernel makes of firewall rules. */
    RestrictNamespaces: z.union([yesNo, namespaces]),
    RestrictRealtime: yesNo,
    RestrictSUIDSGID: yesNo,
    SystemCallArchitectures: z.literal('native'),
    /** What a filtered call answers; without it the process would be ended. */
    SystemCallErrorNumber: z.enum(['EPERM', 'ENOSYS']),
    SystemCallFilter: taken,
    UMask: z.enum(['0022', '0027', '0077']),
  })
  .partial();

export const sandboxSchema = z.partialRecord(z.enum(SERVICES), directives);
export type SandboxPolicy = z.infer<typeof sandboxSchema>;

/** Lines of a unit's `[Service]` part: name to value, or values for a directive that may be repeated. */
export type SandboxDirectives = Readonly<Record<string, string | readonly string[]>>;

interface SandboxOptions {
  /** From the applied plan; absent without systemd. */
  slice?: string;
  /** The instance's home: it stays writable whatever the policy protects. */
  homeRoot: string;
}

/** What a unit of ours runs under: the policy's directives, our slice, and its own home kept writable. */
export function systemdSandbox(
  policy: SandboxPolicy,
  service: SandboxedService,
  { slice, homeRoot }: SandboxOptions,
): SandboxDirectives {
  const { PrivateTmp, ...directives } = policy[service] ?? {};
  return {
    ...directives,
    // A home in there would be hidden from its own service.
    ...(PrivateTmp === undefined || /^\/(?:var\/)?tmp(?:\/|$)/.test(homeRoot) ? {} : { PrivateTmp }),
    ...(slice === undefined ? {} : { Slice: slice }),
    // Quoted, as systemd.syntax(7) splits at spaces; `-` lets the unit start before the directory exists.
    ReadWritePaths: `"-${homeRoot.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`,
  };
}
