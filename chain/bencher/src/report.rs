//! What runs of a benchmark mean: a constant, and a step for each parameter. The fit is the SDK's own: least squares over
//! what is between the quartiles.

use crate::{measure::Results, Result};
use frame_benchmarking::{Analysis, BenchmarkMetadata, BenchmarkResult, BenchmarkSelector};
use frame_support::traits::StorageInfo;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub struct Report {
	name: String,
	parameters: Vec<Range>,
	/// In picoseconds.
	time: Fit,
	/// Keys read, each once, but for those that every block reads.
	reads: Fit,
	/// Keys written, each once, but for those that every block writes.
	writes: Fit,
	/// Bytes of the trie's nodes that were read.
	proof: Fit,
	/// What is read and written most, by the names of pallet and storage.
	storage: BTreeMap<String, Accesses>,
}

#[derive(Serialize)]
struct Range {
	name: String,
	least: u32,
	most: u32,
}

#[derive(Serialize)]
struct Fit {
	base: u128,
	/// What one more of a parameter adds, by its name.
	slopes: BTreeMap<String, Slope>,
	/// The least of all runs.
	minimum: u128,
}

#[derive(Serialize)]
struct Slope {
	value: u128,
	/// Standard error.
	error: u128,
}

#[derive(Default, Serialize)]
struct Accesses {
	reads: u32,
	writes: u32,
}

impl Report {
	pub fn new(name: &str, benchmark: &BenchmarkMetadata, results: &Results, stored: &[StorageInfo]) -> Result<Self> {
		let range = |(parameter, least, most): &(_, u32, u32)| Range {
			name: frame_benchmarking::BenchmarkParameter::to_string(parameter),
			least: *least,
			most: *most,
		};
		Ok(Self {
			name: name.into(),
			parameters: benchmark.components.iter().map(range).collect(),
			time: fit(&results.timed, BenchmarkSelector::ExtrinsicTime)?,
			reads: fit(&results.counted, BenchmarkSelector::Reads)?,
			writes: fit(&results.counted, BenchmarkSelector::Writes)?,
			proof: fit(&results.counted, BenchmarkSelector::ProofSize)?,
			storage: storage(&results.counted, stored),
		})
	}
}

fn fit(results: &Vec<BenchmarkResult>, selector: BenchmarkSelector) -> Result<Fit> {
	let analysis = Analysis::min_squares_iqr(results, selector)?;
	let errors = analysis.errors.unwrap_or_default().into_iter().chain(std::iter::repeat(0));
	let slopes = analysis.slopes.into_iter().zip(errors).map(|(value, error)| Slope { value, error });
	Ok(Fit { base: analysis.base, slopes: analysis.names.into_iter().zip(slopes).collect(), minimum: analysis.minimum })
}

fn storage(results: &[BenchmarkResult], stored: &[StorageInfo]) -> BTreeMap<String, Accesses> {
	let mut accesses = BTreeMap::<String, Accesses>::new();
	for (prefix, reads, writes, _) in results.iter().flat_map(|result| &result.keys) {
		let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
		let name = stored
			.iter()
			.find(|info| prefix.starts_with(&info.prefix))
			.map(|info| format!("{}::{}", text(&info.pallet_name), text(&info.storage_name)))
			.unwrap_or_else(|| array_bytes::bytes2hex("0x", prefix));
		let most = accesses.entry(name).or_default();
		most.reads = most.reads.max(*reads);
		most.writes = most.writes.max(*writes);
	}
	accesses
}
