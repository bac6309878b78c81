import { refuse, shown } from './refuse.ts';

const MAX_TOKENS = 256;
const MAX_TOKEN_LENGTH = 4_096;
const MAX_TOTAL_LENGTH = 65_536;
/** Space and the other printable characters of ASCII. */
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/**
 * Checks the form of an argv before anything reads it: printable ASCII alone. NUL and newlines end what a program reads, control
 * characters drive terminals, and everything beyond ASCII can look like something else; no value of ours needs any of them.
 * Throws UserError `argument-malformed`.
 */
export function checkTokens(argv: readonly string[]): void {
  if (argv.length === 0) throw malformed('there is no command');
  if (argv.length > MAX_TOKENS) throw malformed(`it has ${argv.length} arguments, and ${MAX_TOKENS} are allowed`);
  let total = 0;
  for (let index = 0; index < argv.length; index += 1) {
    const token = argv[index] as string;
    if (token.length === 0) throw malformed(`argument ${index} is empty`);
    if (token.length > MAX_TOKEN_LENGTH)
      throw malformed(`argument ${index} is longer than ${MAX_TOKEN_LENGTH} characters`);
    total += token.length;
    checkCharacters(token, index);
  }
  if (total > MAX_TOTAL_LENGTH) throw malformed(`it has ${total} characters, and ${MAX_TOTAL_LENGTH} are allowed`);
}

function checkCharacters(token: string, index: number): void {
  for (let at = 0; at < token.length; at += 1) {
    const unit = token.charCodeAt(at);
    if (unit >= FIRST_PRINTABLE && unit <= LAST_PRINTABLE) continue;
    const point = (token.codePointAt(at) ?? unit).toString(16).toUpperCase().padStart(4, '0');
    throw malformed(`argument ${index}, which begins ${shown(token.slice(0, at))}, has the character U+${point}`);
  }
}

function malformed(why: string) {
  return refuse(
    'argument-malformed',
    `The command can't be read: ${why}.`,
    'Write the command with printable ASCII characters, each argument on its own.',
  );
}
