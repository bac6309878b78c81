import type { Command, VerbNode } from './grammar.ts';
import { refuse, shown } from './refuse.ts';

/** Follows one more word of a verb. Undefined: the word is not part of it. Throws for a verb that is forbidden. */
export function follow(node: VerbNode, word: string): VerbNode | undefined {
  const next = node.next.get(word);
  if (next?.refused !== undefined)
    throw refuse(
      'verb-forbidden',
      `The verb ${shown(word)} is forbidden: ${next.refused.forbidden}`,
      'Ask for something else.',
    );
  return next;
}

/** The command at a node; `typed` is where the verb ended. Throws `verb-unknown`. */
export function commandAt(node: VerbNode, tool: string, typed: string | undefined): Command {
  if (node.command !== undefined) return node.command;
  const known = [...node.next.keys()].slice(0, 12).join(', ');
  throw refuse(
    'verb-unknown',
    typed === undefined
      ? `The command ${tool} ends before its verb is complete.`
      : `The word ${shown(typed)} is not part of a verb of ${tool} that is known here.`,
    known === '' ? 'Ask for something else.' : `Known here: ${known}.`,
  );
}

/** Refuses an operand that the tool would read as a further word of the verb, or as a part of one. */
export function refuseVerbWord(node: VerbNode, operand: string, prefixes: boolean): void {
  for (const word of node.next.keys()) {
    if (word === operand || (prefixes && word.startsWith(operand)))
      throw refuse(
        'verb-unknown',
        `The argument ${shown(operand)} could be read as the verb's word ${word}.`,
        'Write the whole verb before all options, and choose a name that is not a word of the verb.',
      );
  }
}
