// The Go that builds the tools: the one that is installed where it is new enough to fetch the pinned release by itself,
// else that release taken by Debian's from the module proxy, where Go's makers publish it as a module.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../chain/toolchain.mjs';
import { installPackages } from '../lib/packages.mjs';

/** The release that builds everything; part of each build's key. */
export const GO_VERSION = '1.26.8';

const HOME = join(CACHE, 'go');

/** Modules and compiled packages are kept beside the other builds, outside the clone. */
const ENVIRONMENT = {
  ...process.env,
  GOPATH: HOME,
  GOMODCACHE: join(HOME, 'modules'),
  GOCACHE: join(HOME, 'build'),
  GOFLAGS: '-modcacherw',
  GOWORK: 'off',
  CGO_ENABLED: '0',
};

/**
 * @typedef {object} GoToolchain
 * @property {string} go path or name of the program
 * @property {NodeJS.ProcessEnv} environment
 *
 * @returns {GoToolchain}
 * @throws {Error} when there is no Go and none can be installed
 */
export function goToolchain() {
  if (fetchesReleases('go')) return { go: 'go', environment: { ...ENVIRONMENT, GOTOOLCHAIN: `go${GO_VERSION}` } };
  return { go: join(publishedRelease(), 'bin', 'go'), environment: { ...ENVIRONMENT, GOTOOLCHAIN: 'local' } };
}

/** From 1.21 on, Go fetches the release that GOTOOLCHAIN names, and checks it as it checks a module. */
function fetchesReleases(go) {
  const { stdout } = spawnSync(go, ['version'], { encoding: 'utf8', env: { ...ENVIRONMENT, GOTOOLCHAIN: 'local' } });
  const [, minor] = /^go version go1\.(\d+)/.exec(stdout ?? '') ?? [];
  return Number(minor) >= 21;
}

/** The release as an older Go downloads it: a module's files have no execute bits, and no other module's go.mod among them. */
function publishedRelease() {
  const directory = join(HOME, `release-${GO_VERSION}`);
  if (existsSync(directory)) return directory;
  const lacking = installPackages(['golang-go']);
  if (lacking) throw new Error(`Go is not installed: ${lacking}`);
  const module = `golang.org/toolchain@v0.0.1-go${GO_VERSION}.linux-amd64`;
  const { status, stdout, stderr } = spawnSync('/usr/bin/go', ['mod', 'download', '-json', module], {
    encoding: 'utf8',
    env: ENVIRONMENT,
  });
  if (status !== 0) throw new Error(`Go ${GO_VERSION} can't be fetched: ${stdout}${stderr}`);
  const staged = `${directory}.${process.pid}`;
  cpSync(JSON.parse(stdout).Dir, staged, { recursive: true });
  for (const path of readdirSync(staged, { recursive: true })) {
    const file = join(staged, path);
    if (/^bin\/|^pkg\/tool\/[^/]+\//.test(path)) chmodSync(file, 0o755);
    if (path.endsWith('_go.mod')) renameSync(file, file.replace(/_go\.mod$/, 'go.mod'));
  }
  rmSync(directory, { recursive: true, force: true });
  renameSync(staged, directory);
  return directory;
}
