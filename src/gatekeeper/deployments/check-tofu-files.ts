import { type HclBody, type HclToken, hclTemplate } from '../documents/index.ts';
import type { Findings } from './finding.ts';
import { directoryOf, joined, type Tree } from './tree.ts';

/** Functions of OpenTofu that read a file, by the path that is their first argument. */
const READING =
  /^(?:file|filebase64|fileexists|filemd5|filesha1|filesha256|filesha512|filebase64sha256|filebase64sha512|templatefile)$/;
/** They compute paths, or templates, that nobody can check before. */
const NEVER = /^(?:pathexpand|templatestring|abspath)$/;
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*(?:\/[A-Za-z0-9_.@+-]+)*$/;

/** Checks that the expressions of a file read files of the closure alone, and what templates of theirs read. */
export function checkFilesRead(tree: Tree, path: string, body: HclBody, findings: Findings): void {
  const check = new FilesRead(tree, path, findings);
  const walk = ({ attributes, blocks }: HclBody): void => {
    for (const tokens of attributes.values()) check.tokens(tokens);
    for (const block of blocks) walk(block.body);
  };
  walk(body);
}

class FilesRead {
  readonly #tree: Tree;
  readonly #path: string;
  readonly #findings: Findings;
  readonly #templates = new Set<string>();

  constructor(tree: Tree, path: string, findings: Findings) {
    this.#tree = tree;
    this.#path = path;
    this.#findings = findings;
  }

  tokens(tokens: readonly HclToken[]): void {
    for (const [index, token] of tokens.entries()) {
      if (token.inner !== undefined) this.tokens(token.inner);
      if (token.kind !== 'name' || tokens[index + 1]?.text !== '(') continue;
      const given = tokens.slice(index + 2);
      if (NEVER.test(token.text)) this.#refuse(`${token.text} is not allowed`);
      else if (token.text === 'fileset') this.#fileset(given);
      else if (READING.test(token.text)) this.#file(token.text, given);
    }
  }

  #file(name: string, [argument, after]: readonly HclToken[]): void {
    const file =
      argument?.kind === 'text' && /^[),]$/.test(after?.text ?? '') ? this.#inside(argument.text) : undefined;
    if (file === undefined) this.#refuse(`${name} reads a file that is not plainly one of the deployment`);
    else if (!this.#tree.has(file)) {
      if (name !== 'fileexists') this.#findings.add(this.#path, 'file-missing', `${file} is not in the deployment`);
    } else if (name === 'templatefile') this.#template(file);
  }

  /** Its first argument is a directory; the pattern must not climb out of it. */
  #fileset([path, dot, which, comma, pattern, end]: readonly HclToken[]): void {
    const isHere =
      path?.text === 'path' && dot?.text === '.' && /^(?:module|root)$/.test(which?.text ?? '') && comma?.text === ',';
    const isPlain = pattern?.kind === 'text' && pattern.inner?.length === 0 && end?.text === ')';
    if (!isHere || !isPlain || pattern.text.startsWith('/') || pattern.text.includes('..'))
      this.#refuse('fileset looks for files that are not plainly of the deployment');
  }

  #template(file: string): void {
    if (this.#templates.has(file)) return;
    this.#templates.add(file);
    const bytes = this.#tree.get(file)?.bytes ?? new Uint8Array();
    const inner = this.#findings.attempt(file, () => hclTemplate(bytes));
    if (inner !== undefined) this.tokens(inner);
  }

  /** The file of the closure that `"${path.module}/a"` or `"a"` means. Of the latter nobody knows from where; it must be here too. */
  #inside(text: string): string | undefined {
    const [, from, rest = ''] = /^(?:\$\{path\.(module|root)\}\/)?(.*)$/s.exec(text) ?? [];
    if (!PLAIN.test(rest) || rest.split('/').includes('..')) return undefined;
    const beside = joined(directoryOf(this.#path), rest);
    return from !== 'module' && !this.#tree.has(beside) ? rest : beside;
  }

  #refuse(reason: string): void {
    this.#findings.add(this.#path, 'source-outside', reason);
  }
}
