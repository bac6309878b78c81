// Writes what the bencher has measured of a pallet as the Rust that the pallet's weights are.

/**
 * @typedef {{ base: number, slopes: Record<string, { value: number, error: number }>, minimum: number }} Fit
 * @typedef {object} Report what was measured of a benchmark
 * @property {string} name
 * @property {{ name: string, least: number, most: number }[]} parameters
 * @property {Fit} time in picoseconds; its least run in nanoseconds
 * @property {Fit} reads
 * @property {Fit} writes
 * @property {Fit} proof in bytes
 * @property {Record<string, { reads: number, writes: number }>} storage the most that a run accessed, by name
 */

/**
 * The module with the weights of a pallet.
 * @param {Report[]} reports what was measured of its benchmarks
 * @param {string[]} header lines that say how
 * @returns {string}
 */
export function writeWeights(reports, header) {
  return `${[
    '//! The weights as measured. `npm run bench:weights` writes this file.',
    '//!',
    ...header.map((line) => `//! ${line}`),
    '',
    'use super::WeightInfo;',
    'use core::marker::PhantomData;',
    'use frame_support::{traits::Get, weights::Weight};',
    '',
    "/// Measured weights, with the chain's own prices of database accesses.",
    'pub struct SubstrateWeight<T>(PhantomData<T>);',
    '',
    'impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {',
    reports.map(writeFunction).join('\n\n'),
    '}',
  ].join('\n')}\n`;
}

function writeFunction(report) {
  const { name, parameters, time, reads, writes, proof, storage } = report;
  const terms = [
    ...slopes(time, (value, parameter) => `Weight::from_parts(${number(value)}, 0)${times(parameter)}`),
    ...slopes(proof, (value, parameter) => `Weight::from_parts(0, ${number(value)})${times(parameter)}`),
    ...accesses('reads', reads),
    ...accesses('writes', writes),
  ];
  // What grows with nothing that was measured is still a parameter of the function.
  const isUsed = (parameter) => terms.some((term) => term.endsWith(times(parameter)));
  const signature = parameters.map((parameter) => `${isUsed(parameter.name) ? '' : '_'}${parameter.name}: u32`);
  return [
    ...parameters.map((range) => `\t/// - \`${range.name}\`: ${number(range.least)} to ${number(range.most)}`),
    ...Object.entries(storage).map(
      ([key, used]) => `\t/// - \`${key}\`: ${number(used.reads)} read, ${number(used.writes)} written`,
    ),
    `\tfn ${name}(${signature.join(', ')}) -> Weight {`,
    `\t\t// The shortest run took ${microseconds(time.minimum)} µs.${errors(time)}`,
    `\t\tWeight::from_parts(${number(time.base)}, ${number(proof.base)})`,
    ...terms.map((term) => `\t\t\t.saturating_add(${term})`),
    '\t}',
  ].join('\n');
}

/** One term for each parameter that adds something. */
function slopes(fit, term) {
  return Object.entries(fit.slopes)
    .filter(([, slope]) => slope.value > 0)
    .map(([parameter, slope]) => term(slope.value, parameter));
}

function accesses(kind, fit) {
  const price = (count) => `T::DbWeight::get().${kind}(${number(count)})`;
  return [
    ...(fit.base > 0 ? [price(fit.base)] : []),
    ...slopes(fit, (value, parameter) => `${price(value)}${times(parameter)}`),
  ];
}

function times(parameter) {
  return `.saturating_mul(${parameter}.into())`;
}

function errors(time) {
  const list = Object.entries(time.slopes).map(
    ([parameter, slope]) => `${number(slope.error)} ps for \`${parameter}\``,
  );
  return list.length === 0 ? '' : ` Standard error: ${list.join(', ')}.`;
}

function microseconds(nanoseconds) {
  return (nanoseconds / 1_000).toFixed(1);
}

/** A number as Rust groups its digits. */
function number(value) {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, '_');
}
