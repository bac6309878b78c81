import { ExitCode, ExternalError, UserError } from '../../system/errors.ts';

/** The bytes under this digest are not what the chain says. They are never used. */
export function corrupt(digest: string, why: string): ExternalError {
  return new ExternalError(
    'artifact-corrupt',
    `The artifact ${digest.slice(0, 64)} is not what the chain says: ${why}.`,
    {
      nextSteps: [
        'Remove the copy that is damaged, or give a source with an intact one.',
        'Nothing was applied from it.',
      ],
    },
  );
}

/** No place that was looked at has it. */
export function missing(digest: string, where = ''): UserError {
  return new UserError(
    'artifact-missing',
    `The artifact ${digest} that the chain names is nowhere to be found${where}.`,
    { nextSteps: ['Update logos, or give a directory or a mirror that has the file, named by its SHA-256.'] },
  );
}

export interface MirrorReason {
  mirror: string;
  why: string;
}

/** Every mirror failed, each for its own reason. */
export function unavailable(digest: string, reasons: readonly MirrorReason[]): ExternalError {
  const lines = reasons.map(({ mirror, why }) => `${mirror}: ${why}`);
  return new ExternalError('artifact-unavailable', `No mirror gave the artifact ${digest}: ${lines.join('; ')}.`, {
    host: reasons[0]?.mirror,
    lastLines: lines,
    nextSteps: ['Run the command again: what was verified is kept.', 'Or give another mirror with --mirror.'],
  });
}

export function tooLarge(size: number, limit: number): UserError {
  return new UserError('artifact-too-large', `An artifact of ${size} bytes is larger than the ${limit} allowed.`, {
    nextSteps: ['Split it, or name what it holds in another way.'],
  });
}

export function storeFull(needed: number, used: number, limit: number): UserError {
  return new UserError(
    'artifact-store-full',
    `The artifact store holds ${used} of ${limit} bytes, and ${needed} more do not fit.`,
    { nextSteps: ['Remove what nothing needs with `logos artifacts gc`.', 'Or unpin what you no longer want.'] },
  );
}

export function diskReserve(path: string, needed: number, free: number, reserve: number): UserError {
  return new UserError(
    'disk-full',
    `${needed} bytes do not fit: the disk of ${path} has ${free} free, of which ${reserve} stay free.`,
    { nextSteps: ['Free some space, or point LOGOS_HOME at a larger disk, and run the command again.'] },
  );
}

export function mirrorInvalid(text: string): UserError {
  return new UserError(
    'artifact-mirror-invalid',
    `${JSON.stringify(text.slice(0, 200))} is not the address of a mirror.`,
    {
      exitCode: ExitCode.usage,
      nextSteps: [
        'Give the http:// or https:// address of the folder that holds the artefacts, without user or query.',
      ],
    },
  );
}

export function digestInvalid(text: string): UserError {
  return new UserError(
    'artifact-digest-invalid',
    `${JSON.stringify(text.slice(0, 80))} is not the name of an artefact.`,
    {
      exitCode: ExitCode.usage,
      nextSteps: [
        'Give its SHA-256: 64 hexadecimal digits, in small letters.',
        'List them with `logos artifacts list`.',
      ],
    },
  );
}

export function fileUnreadable(path: string, cause?: unknown): UserError {
  return new UserError('file-unreadable', `${path} can't be read as a file.`, {
    cause,
    nextSteps: ['Give the path of a plain file that you may read.'],
  });
}

/** Artefacts of the store that are not what their names say. */
export function storeDamaged(digests: readonly string[]): ExternalError {
  return new ExternalError('artifact-corrupt', `${digests.length} artefacts are damaged: ${digests.join(', ')}.`, {
    nextSteps: ['Remove them with `logos artifacts verify --remove`; they are fetched anew when they are needed.'],
  });
}
