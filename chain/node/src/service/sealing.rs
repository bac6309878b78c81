//! Blocks on demand, for development: one for each transaction, final at once.

use super::{clock::Clock, consensus::Node, import::BabeImport};
use crate::primitives::Block;
use futures::StreamExt;
use polkadot_sdk::*;
use sc_consensus_babe::BabeLink;
use sc_consensus_manual_seal::{
	consensus::babe::BabeConsensusDataProvider, DelayedFinalizeParams, EngineCommand, ManualSealParams,
};
use sc_service::{Error, TaskManager};
use sc_transaction_pool_api::TransactionPool;

/// Transactions that one block is made for, at most.
const BURST: usize = 1_024;

/// Makes a block whenever transactions have come in, and makes it final. `run_instant_seal_and_finalize` would leave a
/// transaction that comes alone where it is: it takes a block with as many transactions as there are inherents for an
/// empty one.
pub fn spawn(
	tasks: &TaskManager,
	node: &Node,
	block_import: BabeImport,
	babe_link: &BabeLink<Block>,
	clock: Clock,
) -> Result<(), Error> {
	let digests = BabeConsensusDataProvider::new(
		node.client.clone(),
		node.keystore.clone(),
		babe_link.epoch_changes().clone(),
		babe_link.config().authorities.clone(),
	)
	.map_err(|error| Error::Other(error.to_string()))?;
	// One block for all that came in meanwhile. It may be empty when the block before took them already.
	let commands = node.pool.import_notification_stream().ready_chunks(BURST).map(|_| EngineCommand::SealNewBlock {
		create_empty: true,
		finalize: false,
		parent_hash: None,
		sender: None,
	});
	let seal = sc_consensus_manual_seal::run_manual_seal(ManualSealParams {
		block_import,
		env: node.proposer(tasks),
		client: node.client.clone(),
		pool: node.pool.clone(),
		commands_stream: commands,
		select_chain: node.select_chain.clone(),
		consensus_data_provider: Some(Box::new(digests)),
		create_inherent_data_providers: clock.stepping(),
	});
	let handle = tasks.spawn_essential_handle();
	handle.spawn_blocking("instant-seal", Some("block-authoring"), seal);
	// After the import, not within it: what BABE and GRANDPA do with a final block looks it up in the database.
	let finality = sc_consensus_manual_seal::run_delayed_finalize(DelayedFinalizeParams {
		client: node.client.clone(),
		spawn_handle: tasks.spawn_handle(),
		delay_sec: 0,
	});
	handle.spawn_blocking("instant-finality", Some("block-authoring"), finality);
	Ok(())
}
