import type { Dialect, DialectName } from '../grammar.ts';
import { readArgparse, readCliff } from './argparse.ts';
import { readGoflag } from './goflag.ts';
import { readPflag } from './pflag.ts';
import { readVirsh } from './virsh.ts';

/** The readers of an argv's form, by the name that a library gives. */
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  pflag: readPflag,
  argparse: readArgparse,
  cliff: readCliff,
  goflag: readGoflag,
  virsh: readVirsh,
};
