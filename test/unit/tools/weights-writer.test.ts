import { expect, test } from 'vitest';
// @ts-expect-error The tools are plain JavaScript.
import { writeWeights } from '../../../tools/chain/weights-writer.mjs';

const none = { base: 0, slopes: {}, minimum: 0 };
const report = {
  name: 'apply',
  parameters: [
    { name: 'c', least: 1, most: 1_024 },
    { name: 'k', least: 0, most: 7 },
  ],
  time: {
    base: 18_788_000,
    slopes: { c: { value: 7_453_486, error: 12_239 }, k: { value: 0, error: 3 } },
    minimum: 18_311,
  },
  reads: { base: 2, slopes: {}, minimum: 2 },
  writes: { base: 0, slopes: { c: { value: 1, error: 0 } }, minimum: 1 },
  proof: { base: 306, slopes: {}, minimum: 306 },
  storage: { 'Csc::Entries': { reads: 0, writes: 1_024 } },
};

test('a weight is its base, and what grows by each parameter', () => {
  const written = writeWeights([report], ['Made here.']);
  expect(written).toContain('//! Made here.\n');
  expect(written).toContain(`	/// - \`c\`: 1 to 1_024
	/// - \`k\`: 0 to 7
	/// - \`Csc::Entries\`: 0 read, 1_024 written
	fn apply(c: u32, _k: u32) -> Weight {
		// The shortest run took 18.3 µs. Standard error: 12_239 ps for \`c\`, 3 ps for \`k\`.
		Weight::from_parts(18_788_000, 306)
			.saturating_add(Weight::from_parts(7_453_486, 0).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(c.into()))
	}`);
});

test('work that touches no storage is priced without a database', () => {
  const written = writeWeights(
    [
      {
        ...report,
        name: 'hash',
        parameters: [],
        time: { ...report.time, slopes: {} },
        reads: none,
        writes: none,
        storage: {},
      },
    ],
    [],
  );
  expect(written).toContain('\tfn hash() -> Weight {\n');
  expect(written).not.toContain('DbWeight::get()');
});
