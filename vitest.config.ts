import { defineConfig } from 'vitest/config';

/**
 * Tests of the lab that two at a time may run: each in guests, containers or namespaces of its own, or with a chain of its own, and
 * with nothing measured that a busy machine changes.
 */
const SIDE_BY_SIDE = [
  ...['chain-cli', 'chain-node', 'cobra-arguments', 'deploy', 'executor-sigkill', 'gatekeeper-documents', 'gpu-commands'],
  ...['harden-restore', 'kubeadm-arguments', 'kvm-path', 'light-client', 'long-lived-client', 'lsm-apparmor', 'lsm-selinux'],
  ...['native-kubeadm', 'native-tools', 'openstack-request', 'rpc-abuse'],
].map((name) => `test/lab/${name}.test.ts`);

export default defineConfig({
  test: {
    // @oclif/test reads what a command prints, which vitest would otherwise intercept.
    disableConsoleIntercept: true,
    setupFiles: ['test/fuzz-setup.ts'],
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'json-summary'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          exclude: SIDE_BY_SIDE,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'lab-side-by-side',
          include: SIDE_BY_SIDE,
          testTimeout: 480_000,
          hookTimeout: 480_000,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'testnet',
          include: ['test/testnet/**/*.test.ts'],
          testTimeout: 480_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'region',
          include: ['test/region/**/*.test.ts'],
          // Services of a whole region on one machine, emulated guests: what waits, waits for events.
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
