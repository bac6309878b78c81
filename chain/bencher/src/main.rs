//! Runs the benchmarks of a runtime in its Wasm, as a node's executor runs it, and prints as JSON what they show: the time
//! that each call takes, what it reads and writes, and how all of that grows with the call's parameters.

mod host;
mod measure;
mod report;

use clap::Parser;
use host::Host;
use measure::Effort;
use report::Report;
use std::{collections::BTreeMap, fs, path::PathBuf};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
struct Arguments {
	/// Wasm of a runtime with the feature `runtime-benchmarks`.
	#[arg(long)]
	runtime: PathBuf,
	/// Specification of a chain with the raw state that each benchmark starts from.
	#[arg(long)]
	chain: PathBuf,
	/// Pallets to measure, by the names of their crates.
	#[arg(required = true)]
	pallets: Vec<String>,
	/// Values of each parameter, from its least to its most.
	#[arg(long, default_value_t = 50)]
	steps: u32,
	/// Runs with each set of parameters.
	#[arg(long, default_value_t = 20)]
	repeat: u32,
}

fn main() -> Result<()> {
	let arguments = Arguments::parse();
	let effort = Effort { steps: arguments.steps.max(2), repeat: arguments.repeat.max(1) };
	let host = Host::new(fs::read(&arguments.runtime)?, &fs::read(&arguments.chain)?)?;
	let (available, storage) = measure::benchmarks(&host)?;
	let mut reports = BTreeMap::<&str, Vec<Report>>::new();
	for pallet in &arguments.pallets {
		let list = available
			.iter()
			.find(|list| list.pallet == pallet.as_bytes())
			.ok_or_else(|| format!("the runtime has no benchmarks of {pallet}"))?;
		for benchmark in &list.benchmarks {
			let name = String::from_utf8_lossy(&benchmark.name);
			eprintln!("{pallet}::{name}");
			let results = measure::run(&host, list, benchmark, effort).map_err(|e| format!("{pallet}::{name}: {e}"))?;
			reports.entry(pallet).or_default().push(Report::new(&name, benchmark, &results, &storage)?);
		}
	}
	println!("{}", serde_json::to_string_pretty(&reports)?);
	Ok(())
}
