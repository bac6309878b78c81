import { describe, expect, it } from 'vitest';
import { readArgument } from '../../../../src/chain/tx/json.ts';

describe('a typed argument', () => {
  it.each<[string, unknown]>([
    ['5', 5],
    ['123456789012345678901', '123456789012345678901'],
    ['[1,123456789012345678901]', [1, '123456789012345678901']],
    ['true', true],
    ['null', null],
    ['0xff', '0xff'],
    ['5Grw', '5Grw'],
    ['"text"', 'text'],
    ['{"Id":"5"}', { Id: '5' }],
    ['', ''],
  ])('%s', (text, value) => {
    expect(readArgument(text)).toEqual(value);
  });

  it('that begins like JSON and is none is refused', () => {
    for (const text of ['{Id:5}', '[1,', '"open']) {
      expect(() => readArgument(text)).toThrow(expect.objectContaining({ code: 'call-arguments-invalid' }));
    }
  });
});
