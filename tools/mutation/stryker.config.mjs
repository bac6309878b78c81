/** `npm run mutate`: changes the validators one place at a time, and counts the changes that no test notices. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'tools/mutation/vitest.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  mutate: [
    'src/gatekeeper/{access,operation-policy,payload,prerequisites,request,translator,validate}.ts',
    'src/gatekeeper/native/{accepted,command,judge,read}.ts',
    'src/gatekeeper/library/**/*.ts',
    'src/gatekeeper/documents/**/*.ts',
    'src/gatekeeper/validators/**/*.ts',
    'src/gatekeeper/deployments/**/*.ts',
  ],
  // What a message says is for people; that there is one, and its code, is tested.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorePatterns: ['/dist', '/build', '/docs', '/test/e2e', '/test/testnet'],
  // TypeScript's own rewriting of this file has an API that version 7 no longer gives, and nothing is compiled here.
  tsconfigFile: 'none',
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 60_000,
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'build/mutation.json' },
  tempDirName: 'build/mutation',
  allowConsoleColors: false,
  thresholds: { high: 95, low: 85, break: 85 },
};
