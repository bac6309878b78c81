// Builds the native tools that the lab runs for real and that Debian does not package: kubeadm with the kubelet that it asks
// for, and OpenTofu, as tools of Go modules. What each is built of stands in its go.mod and go.sum; the programs are kept
// outside the clone by the hash of these and of this recipe. A first build takes some twelve CPU minutes.
//
//   node tools/go/build.mjs                  builds what is not in the cache
//   node tools/go/build.mjs --find kubeadm   prints where the cache has it; exits with 1 when it has not

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheDirectory, cachedBuild, sha256 } from '../chain/artifacts.mjs';
import { REPOSITORY, run } from '../chain/toolchain.mjs';
import { GO_VERSION, goToolchain } from './toolchain.mjs';

/** The release is written into the program by the linker, as its makers do: kubeadm compares it with the kubelet's. */
const KUBERNETES = '1.34.4';
const version = 'k8s.io/component-base/version';
const KUBERNETES_FLAGS = [
  `-X ${version}.gitVersion=v${KUBERNETES}`,
  `-X ${version}.gitMajor=${KUBERNETES.split('.')[0]}`,
  `-X ${version}.gitMinor=${KUBERNETES.split('.')[1]}`,
];

/** A release, and not what a developer is at. */
const TOFU_FLAGS = ['-X github.com/opentofu/opentofu/version.dev=no'];

/** Each tool: the directory of its module, its package, flags for the linker, and its source where that is the project's. */
const TOOLS = {
  kubeadm: { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubeadm', flags: KUBERNETES_FLAGS },
  kubelet: { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubelet', flags: KUBERNETES_FLAGS },
  'cobra-oracle': { module: 'kubernetes', package: './oracle', flags: [], source: 'oracle/main.go' },
  tofu: { module: 'tofu', package: 'github.com/opentofu/opentofu/cmd/tofu', flags: TOFU_FLAGS },
};

/** All that a tool's bytes depend on. */
function inputs(name) {
  const { module, source, ...tool } = TOOLS[name];
  const [mod, sum, own] = ['go.mod', 'go.sum', source].map(
    (file) => file && sha256(readFileSync(join(directoryOf(module), file))),
  );
  return { mod, sum, own, ...tool, go: GO_VERSION };
}

function directoryOf(module) {
  return join(REPOSITORY, 'tools', 'go', module);
}

/** Where the cache has, or would have, a tool. */
export function cachedTool(name) {
  return join(cacheDirectory(`tool-${name}`, inputs(name)), name);
}

/**
 * Builds a tool from its modules, or takes it from the cache.
 * @param {string} name one of the tools
 * @returns {Promise<string>} where the program is
 */
export async function buildTool(name) {
  const { module, package: main, flags } = TOOLS[name];
  await cachedBuild(`tool-${name}`, inputs(name), async () => {
    const { go, environment } = goToolchain();
    const directory = mkdtempSync(join(tmpdir(), 'logos-go-'));
    try {
      const linker = ['-s', '-w', ...flags].join(' ');
      const output = join(directory, name);
      await run(
        go,
        ['build', '-mod=readonly', '-buildvcs=false', '-trimpath', '-p', '2', '-ldflags', linker, '-o', output, main],
        { cwd: directoryOf(module), env: environment, stdio: ['ignore', 2, 2] },
      );
      return { [name]: readFileSync(output) };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
  const program = cachedTool(name);
  chmodSync(program, 0o755);
  return program;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const find = process.argv.indexOf('--find');
  if (find < 0) {
    for (const name of Object.keys(TOOLS)) {
      try {
        console.log(await buildTool(name));
      } catch (error) {
        console.error(`${name} could not be built: ${error.message}`);
        process.exitCode = 1;
      }
    }
  } else {
    const name = process.argv[find + 1];
    if (name in TOOLS && existsSync(cachedTool(name))) console.log(cachedTool(name));
    else process.exitCode = 1;
  }
}
