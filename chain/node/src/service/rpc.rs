//! What this node answers besides the common requests: accounts, fees, epochs, finality, and the state that a light
//! client starts from.

use super::parts::{Backend, Client, Pool, SelectChain};
use crate::primitives::Block;
use jsonrpsee::RpcModule;
use polkadot_sdk::*;
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState};
use sc_rpc::SubscriptionTaskExecutor;
use sc_service::ChainSpec;
use sp_keystore::KeystorePtr;
use std::sync::Arc;

/// What the answers are taken from.
pub struct Dependencies {
	pub client: Arc<Client>,
	pub pool: Arc<Pool>,
	pub select_chain: SelectChain,
	pub chain_spec: Box<dyn ChainSpec>,
	pub keystore: KeystorePtr,
	pub babe_worker: BabeWorkerHandle<Block>,
	pub authority_set: SharedAuthoritySet<crate::primitives::Hash, crate::primitives::BlockNumber>,
	pub voter_state: SharedVoterState,
	pub justifications: GrandpaJustificationStream<Block>,
	pub finality_proofs: Arc<FinalityProofProvider<Backend, Block>>,
}

/// The requests and their answers. Those that touch keys are refused to callers from outside (`--rpc-methods`).
pub fn module(
	from: &Dependencies,
	subscriptions: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
	use sc_consensus_babe_rpc::{Babe, BabeApiServer};
	use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
	use sc_sync_state_rpc::{SyncState, SyncStateApiServer};
	use substrate_frame_rpc_system::{System, SystemApiServer};

	let mut module = RpcModule::new(());
	module.merge(System::new(from.client.clone(), from.pool.clone()).into_rpc())?;
	module.merge(TransactionPayment::new(from.client.clone()).into_rpc())?;
	let babe =
		Babe::new(from.client.clone(), from.babe_worker.clone(), from.keystore.clone(), from.select_chain.clone());
	module.merge(babe.into_rpc())?;
	let grandpa = Grandpa::new(
		subscriptions,
		from.authority_set.clone(),
		from.voter_state.clone(),
		from.justifications.clone(),
		from.finality_proofs.clone(),
	);
	module.merge(grandpa.into_rpc())?;
	let sync_state = SyncState::new(
		from.chain_spec.cloned_box(),
		from.client.clone(),
		from.authority_set.clone(),
		from.babe_worker.clone(),
	)?;
	module.merge(sync_state.into_rpc())?;
	Ok(module)
}
