import { defineConfig } from 'vitest/config';

/** The tests that are to notice a change of a validator: those of the gatekeeper's rooms, without a process of their own. */
export default defineConfig({
  test: {
    include: ['test/unit/gatekeeper/**/*.test.ts'],
    exclude: ['test/unit/gatekeeper/{sigkill,crash}.test.ts', 'test/unit/gatekeeper/library/oracles.test.ts'],
    testTimeout: 20_000,
    // A property that is tried often finds no more of these changes, and each is run for every one of them.
    env: { FUZZ_CASES: '40' },
  },
});
