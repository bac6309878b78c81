//! What a runtime runs on: the executor of a node, and two states in memory. One counts what is read and written and
//! records what a proof of it would hold; the other is timed, and does neither.

use crate::Result;
use codec::Decode;
use sc_client_db::BenchmarkingState;
use sc_executor::WasmExecutor;
use serde::Deserialize;
use sp_core::{
	storage::Storage,
	traits::{CallContext, RuntimeCode, WrappedRuntimeCode},
};
use sp_externalities::Extensions;
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::StateMachine;
use std::collections::BTreeMap;

type State = BenchmarkingState<BlakeTwo256>;
type Executor = WasmExecutor<(sp_io::SubstrateHostFunctions, frame_benchmarking::benchmarking::HostFunctions)>;

/// Which of the states a call runs on.
#[derive(Clone, Copy)]
pub enum Purpose {
	Count,
	Time,
}

pub struct Host {
	executor: Executor,
	code: WrappedRuntimeCode<'static>,
	code_hash: Vec<u8>,
	counted: State,
	timed: State,
}

impl Host {
	/// A host for a runtime's Wasm, on the raw state in the JSON of a chain's specification.
	pub fn new(code: Vec<u8>, specification: &[u8]) -> Result<Self> {
		let storage = raw_state(specification)?;
		Ok(Self {
			executor: Executor::builder().build(),
			code_hash: sp_crypto_hashing::blake2_256(&code).to_vec(),
			code: WrappedRuntimeCode(code.into()),
			counted: State::new(storage.clone(), None, true, true)?,
			timed: State::new(storage, None, false, false)?,
		})
	}

	/// Calls a function of the runtime. Each call starts from the same state.
	pub fn call<R: Decode>(&self, purpose: Purpose, function: &str, arguments: &[u8]) -> Result<R> {
		let code = RuntimeCode { code_fetcher: &self.code, heap_pages: None, hash: self.code_hash.clone() };
		let mut extensions = Extensions::default();
		extensions.register(KeystoreExt::new(MemoryKeystore::new()));
		let state = match purpose {
			Purpose::Count => &self.counted,
			Purpose::Time => &self.timed,
		};
		let answer = StateMachine::new(
			state,
			&mut Default::default(),
			&self.executor,
			function,
			arguments,
			&mut extensions,
			&code,
			CallContext::Offchain,
		)
		.execute()
		.map_err(|error| format!("{function} failed: {error}"))?;
		Ok(R::decode(&mut &answer[..])?)
	}
}

#[derive(Deserialize)]
struct Specification {
	genesis: Genesis,
}

#[derive(Deserialize)]
struct Genesis {
	raw: Raw,
}

#[derive(Deserialize)]
struct Raw {
	top: BTreeMap<String, String>,
}

fn raw_state(specification: &[u8]) -> Result<Storage> {
	let Specification { genesis } = serde_json::from_slice(specification)?;
	let bytes = |hex: &str| array_bytes::hex2bytes(hex).map_err(|error| format!("{hex} is not hexadecimal: {error:?}"));
	let entries = genesis.raw.top.iter().map(|(key, value)| Ok((bytes(key)?, bytes(value)?)));
	Ok(Storage { top: entries.collect::<Result<_>>()?, children_default: Default::default() })
}
