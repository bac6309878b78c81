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
} else {
  void import('./main.ts').then(({ main }) => main(args));
}
