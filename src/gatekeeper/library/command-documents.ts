import { sha256Hex } from '../../system/canonical.ts';
import { checkDocument, type DocumentKind, type DocumentRules } from '../documents/index.ts';
import type { Slice } from './grammar.ts';
import { refuse, shown } from './refuse.ts';
import type { DocumentNeed, ValueType } from './values.ts';

/** The requester's files, as the way in gives them: each path is read once, and what was read is what is used. */
export interface Documents {
  /** Throws a UserError where there is no such file, or it is larger than `limitBytes`. */
  read(path: string, limitBytes: number): Uint8Array;
}

/** A file that a command names. */
export interface NamedDocument {
  /** `argv[index]` names it, after `start` characters; the two name one that lies beside it by its ending (`companion`). */
  readonly index: number;
  readonly start: number;
  readonly companion: boolean;
  /** Of a companion: the arguments with which the tool prints it from the other, so that a host can compare them. */
  readonly shownBy?: readonly string[];
  readonly path: string;
  /** What it was checked as; `opaque`: not looked into, and carried by its digest alone. */
  readonly kind: DocumentKind | 'opaque';
  readonly bytes: Uint8Array;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  /** It may hold secrets: it goes to the target sealed, and never on chain or into a log in clear. */
  readonly private: boolean;
}

const MAX_DOCUMENTS = 64;

/** Reads and checks the files that a command names. */
export function readDocuments(
  named: readonly { readonly slice: Slice; readonly type: ValueType }[],
  rules: DocumentRules,
  documents: Documents,
): NamedDocument[] {
  if (named.length > MAX_DOCUMENTS)
    throw refuse(
      'argument-malformed',
      `The command names ${named.length} files, and ${MAX_DOCUMENTS} are allowed.`,
      'Name fewer.',
    );
  const seen = new Map<string, Uint8Array>();
  const bytesOf = (path: string, limit: number): Uint8Array => {
    const bytes = seen.get(path) ?? documents.read(path, limit);
    if (bytes.length > limit)
      throw refuse('document-too-large', `${shown(path)} has more than ${limit} bytes.`, 'Name a smaller file.');
    seen.set(path, bytes);
    return bytes;
  };
  return named.flatMap(({ slice, type }) => {
    const { kind, limitBytes, companion, private: hidden } = type.document as DocumentNeed;
    const { index, start, text } = slice;
    const read = (path: string, as: string, beside: boolean): NamedDocument => {
      const bytes = bytesOf(path, limitBytes);
      const shownBy = beside ? companion?.shownBy : undefined;
      return { index, start, companion: beside, shownBy, private: hidden, path, bytes, ...checked(as, bytes, rules) };
    };
    const document = read(text, kind, false);
    return companion === undefined ? [document] : [document, read(text + companion.ending, companion.kind, true)];
  });
}

function checked(kind: string, bytes: Uint8Array, rules: DocumentRules): Pick<NamedDocument, 'kind' | 'digest'> {
  if (kind === 'opaque') return { kind, digest: sha256Hex(bytes) };
  // parseLibrary refuses a library with any other kind.
  const known = kind as DocumentKind;
  return { kind: known, digest: checkDocument(known, bytes, rules).digest };
}
