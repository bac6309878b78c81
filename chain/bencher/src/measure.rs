//! Runs benchmarks, each with many sets of parameters.

use crate::{
	host::{Host, Purpose},
	Result,
};
use codec::Encode;
use frame_benchmarking::{BenchmarkBatch, BenchmarkList, BenchmarkMetadata, BenchmarkParameter, BenchmarkResult};
use frame_support::traits::StorageInfo;

type Parameters = Vec<(BenchmarkParameter, u32)>;

/// How often a benchmark is run.
#[derive(Clone, Copy)]
pub struct Effort {
	/// Values of each parameter.
	pub steps: u32,
	/// Runs with each set of parameters.
	pub repeat: u32,
}

/// What runs of a benchmark have shown.
pub struct Results {
	/// One for each set of parameters, with what was read and written.
	pub counted: Vec<BenchmarkResult>,
	/// As many as there were runs, with how long they took.
	pub timed: Vec<BenchmarkResult>,
}

/// The benchmarks that a runtime has, and what it stores.
pub fn benchmarks(host: &Host) -> Result<(Vec<BenchmarkList>, Vec<StorageInfo>)> {
	host.call(Purpose::Count, "Benchmark_benchmark_metadata", &true.encode())
}

/// Runs a benchmark: with each set of parameters once to see that it does what it should, once to count, and many times
/// to time it.
pub fn run(host: &Host, list: &BenchmarkList, benchmark: &BenchmarkMetadata, effort: Effort) -> Result<Results> {
	let dispatch = |purpose, parameters: &Parameters, verify: bool, repeat: u32| -> Result<Vec<BenchmarkResult>> {
		let arguments = (&list.pallet, &list.instance, &benchmark.name, parameters, verify, repeat).encode();
		let batches: std::result::Result<Vec<BenchmarkBatch>, String> =
			host.call(purpose, "Benchmark_dispatch_benchmark", &arguments)?;
		Ok(batches?.into_iter().flat_map(|batch| batch.results).collect())
	};
	let mut results = Results { counted: Vec::new(), timed: Vec::new() };
	for parameters in sets(&benchmark.components, effort.steps) {
		dispatch(Purpose::Time, &parameters, true, 1)?;
		results.counted.extend(dispatch(Purpose::Count, &parameters, false, 1)?);
		results.timed.extend(dispatch(Purpose::Time, &parameters, false, effort.repeat)?);
	}
	Ok(results)
}

/// Each parameter from its least to its most, once with all others at their most and once with them at their least: without
/// the latter, nothing would tell what little work costs.
fn sets(ranges: &[(BenchmarkParameter, u32, u32)], steps: u32) -> Vec<Parameters> {
	if ranges.is_empty() {
		return vec![Vec::new()];
	}
	let most: Parameters = ranges.iter().map(|(parameter, _, high)| (*parameter, *high)).collect();
	let least: Parameters = ranges.iter().map(|(parameter, low, _)| (*parameter, *low)).collect();
	let others = if ranges.len() == 1 { vec![most] } else { vec![most, least] };
	let mut sets = Vec::new();
	for others in others {
		for (index, (_, low, high)) in ranges.iter().enumerate() {
			for step in 0..steps {
				let offset = u64::from(high - low) * u64::from(step) / u64::from(steps - 1);
				let mut set = others.clone();
				set[index].1 = low + offset as u32;
				sets.push(set);
			}
		}
	}
	sets
}
