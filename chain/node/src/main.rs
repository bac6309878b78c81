//! The node of the Logos chain: BABE makes blocks, GRANDPA makes them final, ParityDB keeps them. What the chain does
//! is in its Wasm; nothing of it is compiled in here, so that an upgrade of the chain needs no new node.

mod cli;
mod command;
mod primitives;
mod role;
mod runtime_api;
mod service;
mod spec;

use std::process::ExitCode;

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			ExitCode::FAILURE
		}
	}
}
