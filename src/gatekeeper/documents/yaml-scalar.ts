import { DocumentFault, shown } from './fault.ts';
import { exactNumber } from './number.ts';

type Plain = string | number | boolean | null;

const NULL = /^(?:~|null|Null|NULL)?$/;
const TRUE = /^(?:true|True|TRUE)$/;
const FALSE = /^(?:false|False|FALSE)$/;
/** Forms that are the same number to readers of YAML 1.1 and of 1.2. */
const NUMBER = /^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]*(?:[eE][-+][0-9]+)?)?$/;
const HEXADECIMAL = /^0x[0-9a-fA-F]{1,13}$/;

/**
 * Forms that one reader takes for a boolean, a number, a date or a merge where another sees a text: YAML 1.1 (PyYAML,
 * so Ansible; go-yaml, so Kubernetes and Helm) against 1.2.
 */
const AMBIGUOUS: readonly (readonly [RegExp, string])[] = [
  [/^(?:y|n|yes|no|on|off)$/i, 'a boolean to YAML 1.1'],
  [/^(?:null|true|false)$/i, 'written in a case that not every reader knows'],
  [/^[-+]?\.(?:inf|nan)$/i, 'no number that JSON has'],
  [/^(?:=|<<)$/, 'a value of its own kind to YAML 1.1'],
  [/^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt \t])/, 'a date to YAML 1.1'],
  [/^[-+]?[0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?$/, 'a number of base 60 to YAML 1.1'],
  [/^[-+]?0(?:b[01_]+|o[0-7_]+|x[0-9a-f_]+)$/i, 'not a number to every reader'],
  [/^[-+]?0[0-9_]+$/, 'an octal number to YAML 1.1'],
  [/^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?(?:e[-+]?[0-9_]+)?$/i, 'not the same number to every reader'],
];

/**
 * The value of a scalar without quotes. Throws DocumentFault where readers of YAML 1.1 and 1.2 disagree on it, or where
 * a double can't hold the number: in quotes it is a text to all of them.
 */
export function plainValue(text: string, where: string): Plain {
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (HEXADECIMAL.test(text)) return safe(Number(text), text, where);
  if (NUMBER.test(text)) return safe(exactNumber(text), text, where);
  const found = AMBIGUOUS.find(([form]) => form.test(text));
  if (found) throw new DocumentFault('malformed', `${shown(text)} is ${found[1]}: put it in quotes`, where);
  return text;
}

function safe(value: number | undefined, text: string, where: string): number {
  // Minus nought is a number of its own to some readers.
  if (value === undefined || Object.is(value, -0)) {
    throw new DocumentFault('malformed', `the number ${shown(text)} loses precision: put it in quotes`, where);
  }
  return value;
}
