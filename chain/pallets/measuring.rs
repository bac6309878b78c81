//! Measures benchmarks on a mocked runtime: what [`crate::weights`] holds beside database accesses.
//!
//! It runs the pallet's own benchmarks natively, on a state in memory, and takes the shortest of many runs, so that other
//! work of the machine doesn't count. Run it with
//! `cargo test --release -p <pallet> --features runtime-benchmarks -- --ignored measure --nocapture`.

use frame_benchmarking::{BenchmarkParameter, BenchmarkingSetup, Recording};
use sp_io::TestExternalities;
use std::time::{Duration, Instant};

/// Runs of each set of parameters.
const RUNS: usize = 30;

#[derive(Default)]
struct Stopwatch {
	started: Option<Instant>,
	elapsed: Duration,
}

impl Recording for Stopwatch {
	fn start(&mut self) {
		self.started = Some(Instant::now());
	}

	fn stop(&mut self) {
		self.elapsed = self.started.map(|started| started.elapsed()).unwrap_or_default();
	}
}

/// Prints what a benchmark takes with all parameters at their least, and what a step of each adds to it.
pub fn measure<T>(name: &str, benchmark: &impl BenchmarkingSetup<T>, new_chain: impl Fn() -> TestExternalities) {
	let shortest = |parameters: &[(BenchmarkParameter, u32)]| {
		let run = || {
			let mut stopwatch = Stopwatch::default();
			let result = new_chain().execute_with(|| benchmark.instance(&mut stopwatch, parameters, true));
			assert!(result.is_ok(), "{name} can't be run");
			stopwatch.elapsed.as_nanos() as f64
		};
		(0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min)
	};
	let ranges = benchmark.components();
	let least: Vec<_> = ranges.iter().map(|(parameter, low, _)| (*parameter, *low)).collect();
	let base = shortest(&least);
	let mut line = format!("{name}: {:.1} µs", base / 1_000.0);
	for (index, (parameter, low, high)) in ranges.iter().enumerate() {
		let mut most = least.clone();
		most[index].1 = *high;
		let step = (shortest(&most) - base) / f64::from(high - low);
		line += &format!(", {parameter:?} ({low} to {high}) {:.3} µs each", step / 1_000.0);
	}
	println!("{line}");
}
