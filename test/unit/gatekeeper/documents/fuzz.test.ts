import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  CHECKED_KINDS,
  type DocumentKind,
  parseStrictYaml,
  readArchive,
} from '../../../../src/gatekeeper/documents/index.ts';
import { LogosError } from '../../../../src/system/errors.ts';
import { cases } from '../../../cases.ts';
import { readCorpus } from '../../../corpora/read.ts';
import { YAML_CASES } from '../../../corpora/suites.ts';
import { bytes, verdict } from './verdict.ts';

const MAX_MS = 2_000;

/** What the documents of a kind are made of, so that random ones come near to being right. */
const PIECES: Record<DocumentKind, readonly string[]> = {
  json: ['{', '}', '[', ']', ':', ',', '"a"', '"__proto__"', '1', '-0', '1e9', 'null', '"\\u', 'd800"', '"', '\\', ' '],
  yaml: [
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ', ',
    '|',
    '>',
    '#',
    '&x',
    '*x',
    '!!t',
    '? ',
    '---',
    '...',
    'yes',
    '010',
    '\t',
    '<<',
    '%YAML',
  ],
  'libvirt-domain': [
    "<domain type='kvm'>",
    '</domain>',
    '<name>',
    '</name>',
    'a',
    '<devices>',
    '</devices>',
    '<disk',
    '/>',
    '>',
    " type='file'",
    '&lt;',
    '&x;',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '<!DOCTYPE a',
    'xmlns:q="u"',
    '<q:x/>',
  ],
  'libvirt-network': [
    '<network>',
    '</network>',
    '<name>',
    '</name>',
    'default',
    "<forward mode='nat'/>",
    '<ip',
    '/>',
    '>',
    " address='1.2.3.4'",
  ],
  playbook: [
    '- hosts: web\n',
    '  tasks:\n',
    '    - ',
    'debug: ',
    '{ msg: "',
    '{{ ',
    'x',
    ' | default(1)',
    ' }}',
    '" }\n',
    'when: ',
    "lookup('pipe')",
    'copy: ',
    '{}\n',
    'block: []\n',
    '[',
    ']',
    '\n',
  ],
  inventory: [
    '[web]\n',
    'a',
    ' ',
    'ansible_host=',
    'x=',
    '1',
    '\n',
    '[web:vars]',
    '[x:children]',
    'all:\n',
    '  hosts:\n',
    '    a:\n',
    '#',
    ';',
    '=',
    '{',
    '}',
  ],
  'tofu-plan': [
    '{"format_version":"1.2",',
    '"configuration":',
    '{"root_module":',
    '{',
    '}',
    '"resources":',
    '[',
    ']',
    ',',
    '"type":"x"',
    '"mode":"data"',
    '"address":"a"',
    '"module_calls":',
  ],
  'kubeadm-config': [
    'apiVersion: kubeadm.k8s.io/v1beta4\n',
    'kind: JoinConfiguration\n',
    'discovery:\n',
    '  bootstrapToken:\n',
    '    token: ',
    'x\n',
    '---\n',
    '    caCertHashes: []\n',
    'constructor: 1\n',
    '{}',
    '\n',
  ],
};

function timed(kind: DocumentKind, document: Uint8Array): string {
  const from = process.threadCpuUsage();
  const outcome = verdict(kind, document);
  const { user, system } = process.threadCpuUsage(from);
  expect((user + system) / 1_000).toBeLessThan(MAX_MS);
  return outcome;
}

describe.each(CHECKED_KINDS)('random %s documents', (kind) => {
  it('are taken or refused with a code, and nothing else', () => {
    const pieces = fc.array(fc.constantFrom(...PIECES[kind]), { maxLength: 60 }).map((all) => bytes(all.join('')));
    const any = fc.oneof(
      { weight: 4, arbitrary: pieces },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }).map(bytes) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    );
    fc.assert(
      fc.property(any, (document) => {
        expect(timed(kind, document)).toMatch(/^(accept$|document-)/);
      }),
      { numRuns: cases(300) },
    );
  });
});

describe('documents of the corpora with pieces changed', () => {
  const domains = Object.values((readCorpus('libvirt-domains/domains') as { domains: Record<string, string> }).domains);
  const texts = YAML_CASES.map(({ yaml }) => yaml);

  it('are taken or refused as domains', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...domains),
        fc.nat(),
        fc.nat({ max: 40 }),
        fc.string({ maxLength: 8 }),
        (xml, at, cut, put) => {
          const from = at % xml.length;
          timed('libvirt-domain', bytes(xml.slice(0, from) + put + xml.slice(from + cut)));
        },
      ),
      { numRuns: cases(300) },
    );
  });

  it('are as YAML what another reader of it says, or refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.nat(),
        fc.nat({ max: 5 }),
        fc.string({ maxLength: 4 }),
        (text, at, cut, put) => {
          const from = at % Math.max(1, text.length);
          const yaml = (text.slice(0, from) + put + text.slice(from + cut)).toWellFormed();
          let value: unknown;
          try {
            value = parseStrictYaml(bytes(yaml));
          } catch (error) {
            expect((error as Error).name).toBe('DocumentFault');
            return;
          }
          // The library as YAML 1.1, whose schema is that of Ansible's and Kubernetes' readers.
          expect(parse(yaml, { version: '1.1', logLevel: 'error' })).toEqual(value);
        },
      ),
      { numRuns: cases(300) },
    );
  });

  it('are taken or refused as archives', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 512, maxLength: 512 }), { maxLength: 4 }), (blocks) => {
        try {
          readArchive(Buffer.concat([...blocks, new Uint8Array(1_024)]));
        } catch (error) {
          expect(error).toBeInstanceOf(LogosError);
        }
      }),
      { numRuns: cases(300) },
    );
  });
});
