import type { Exec } from '../../system/exec.ts';

/** Which of these Debian packages are fully installed. */
export async function installedPackages(exec: Exec, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = '${Package}\\t${db:Status-Abbrev}\\n';
  // It exits 1 when one of the names is unknown, and still lists the others.
  const { stdout } = await exec('dpkg-query', ['-W', '-f', format, ...names], {
    accept: [0, 1],
  });
  return new Set(
    stdout.split('\n').flatMap((line) => {
      const [name, status] = line.split('\t');
      return name && status?.trim() === 'ii' ? [name] : [];
    }),
  );
}

/** Which of these packages apt could install from what it knows now (`apt-cache policy`). */
export async function packageCandidates(exec: Exec, names: readonly string[]): Promise<Map<string, string>> {
  if (names.length === 0) return new Map();
  const { stdout } = await exec('apt-cache', ['policy', ...names]);
  return parseCandidates(stdout);
}

export function parseCandidates(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let name: string | undefined;
  for (const line of text.split('\n')) {
    name = /^(\S+):$/.exec(line)?.[1] ?? name;
    const candidate = /^ {2}Candidate: (.+)$/.exec(line)?.[1];
    if (name && candidate && candidate !== '(none)') found.set(name, candidate);
  }
  return found;
}

/** What `apt-get -s install` would add: `Inst name (version …)`; a version in square brackets before it is an upgrade. */
export function parseSimulatedInstall(text: string): { added: string[]; upgraded: string[] } {
  const added: string[] = [];
  const upgraded: string[] = [];
  for (const line of text.split('\n')) {
    const match = /^Inst (\S+) (\[[^\]]+\] )?\(/.exec(line);
    if (match?.[1]) (match[2] ? upgraded : added).push(match[1]);
  }
  return { added, upgraded };
}

/** What `apt-get -s purge` would remove. */
export function parseSimulatedPurge(text: string): string[] {
  return text.split('\n').flatMap((line) => /^(?:Purg|Remv) (\S+) /.exec(line)?.[1] ?? []);
}
