//! The parts that need no network: database, client, transaction pool, and the checks that blocks have to pass.

use super::{clock::Clock, genesis, import::BabeImport};
use crate::{cli::Sealing, primitives::Block, runtime_api::RuntimeApi};
use polkadot_sdk::*;
use sc_consensus::DefaultImportQueue;
use sc_consensus_babe::{BabeLink, BabeWorkerHandle};
use sc_consensus_grandpa::{GrandpaBlockImport, LinkHalf};
use sc_service::{Configuration, Error, PartialComponents};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use std::sync::Arc;

pub type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
pub type Client = sc_service::TFullClient<Block, RuntimeApi, Executor>;
pub type Backend = sc_service::TFullBackend<Block>;
pub type SelectChain = sc_consensus::LongestChain<Backend, Block>;
pub type Pool = sc_transaction_pool::TransactionPoolHandle<Block, Client>;
pub type GrandpaImport = GrandpaBlockImport<Backend, Block, Client, SelectChain>;
pub type GrandpaLink = LinkHalf<Block, Client, SelectChain>;
pub type Parts = PartialComponents<Client, Backend, SelectChain, DefaultImportQueue<Block>, Pool, Extra>;

/// Blocks between two proofs of finality that are kept for peers that catch up.
pub const JUSTIFICATION_PERIOD: u32 = 64;

/// Messages to telemetry that may wait.
const TELEMETRY_BUFFER: usize = 16;

/// What only a running node needs.
pub struct Extra {
	pub babe_import: BabeImport,
	pub babe_link: BabeLink<Block>,
	/// Answers about epochs for as long as somebody holds it.
	pub babe_worker: BabeWorkerHandle<Block>,
	pub grandpa_link: GrandpaLink,
	pub clock: Clock,
	pub telemetry: Option<Telemetry>,
}

/// Opens the database and puts together what works on it.
///
/// Fails when the database can't be opened, or holds a chain that begins otherwise than the specification says.
pub fn assemble(config: &Configuration, sealing: Option<Sealing>) -> Result<Parts, Error> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(TELEMETRY_BUFFER)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;
	let executor: Executor = sc_service::new_wasm_executor(&config.executor);
	let (client, backend, keystore_container, task_manager) = sc_service::new_full_parts::<Block, RuntimeApi, _>(
		config,
		telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
		executor.clone(),
		Vec::new(),
	)?;
	let client = Arc::new(client);
	genesis::check(config.chain_spec.as_ref(), client.as_ref(), backend.clone(), executor)?;
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});
	let telemetry_handle = || telemetry.as_ref().map(Telemetry::handle);

	let select_chain = SelectChain::new(backend.clone());
	let transaction_pool = Arc::new(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (grandpa_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry_handle(),
	)?;
	let babe = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = babe.slot_duration();
	let clock = match sealing {
		Some(Sealing::Instant) => Clock::sealing(client.as_ref(), slot_duration)?,
		None => Clock::system(slot_duration),
	};
	let (babe_import, babe_link) = sc_consensus_babe::block_import(
		babe,
		grandpa_import.clone(),
		client.clone(),
		clock.clone(),
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(transaction_pool.clone()),
	)?;
	let babe_import = BabeImport::new(babe_import, &babe_link);
	let (import_queue, babe_worker) = sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
		link: babe_link.clone(),
		block_import: babe_import.clone(),
		justification_import: Some(Box::new(grandpa_import)),
		client: client.clone(),
		slot_duration,
		spawner: &task_manager.spawn_essential_handle(),
		registry: config.prometheus_registry(),
		telemetry: telemetry_handle(),
	})?;

	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: Extra { babe_import, babe_link, babe_worker, grandpa_link, clock, telemetry },
	})
}
