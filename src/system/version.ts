import packageJson from '../../package.json' with { type: 'json' };

/** This program's version (semver). */
export const PROGRAM_VERSION: string = packageJson.version;
