import packageJson from '../package.json' with { type: 'json' };

// The fast path: what scripts and monitors call often must not pay for the command framework (docs/adr).
const args = process.argv.slice(2);
if (args.length === 1 && args[0] === '--version') {
  process.stdout.write(
    `${packageJson.name}/${packageJson.version} ${process.platform}-${process.arch} node-${process.version}\n`,
  );
} else if (args.length === 2 && args.includes('status') && args.includes('--json')) {
  void import('./service/fast-status.ts').then(async ({ fastStatus }) =>
    process.stdout.write(await fastStatus(process.env)),
  );
} else if (args[0] === 'guard' && args.includes('--json') && (args[1] === 'check' || args[1] === 'watch')) {
  // Whoever watches all the time holds no more memory than it needs; arguments that it does not know go the usual way.
  void import('./lean.ts').then(async ({ lean }) => {
    if (!(await lean(args))) void import('./main.ts').then(({ main }) => main(args));
  });
} else if (args.length === 2 && args[0] === 'internal' && args[1] === 'ngd') {
  void import('./guard-daemon.ts').then(({ guardDaemon }) => guardDaemon());
} else if (args.length === 2 && args[0] === 'internal' && args[1] === 'gpu-worker') {
  void import('./lean.ts').then(({ gpuWorker }) => gpuWorker());
} else {
  void import('./main.ts').then(({ main }) => main(args));
}
