//! BABE, which makes blocks, and GRANDPA, which makes them final.

use super::{
	clock::Clock,
	import::BabeImport,
	parts::{Client, GrandpaLink, Pool, SelectChain, JUSTIFICATION_PERIOD},
};
use crate::primitives::Block;
use polkadot_sdk::*;
use sc_consensus_babe::{BabeLink, BabeParams, SlotProportion};
use sc_consensus_grandpa::{GrandpaParams, SharedVoterState, VotingRulesBuilder};
use sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging;
use sc_network::{service::traits::NetworkService, types::ProtocolName, NotificationService};
use sc_network_sync::SyncingService;
use sc_service::{Error, Role, TaskManager};
use sc_telemetry::TelemetryHandle;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_keystore::KeystorePtr;
use std::{sync::Arc, time::Duration};
use substrate_prometheus_endpoint::Registry;

/// How long a vote waits for others to be sent with it.
const GOSSIP: Duration = Duration::from_millis(333);

/// The share of a slot that building a block may take.
const PROPOSAL_SHARE: f32 = 0.5;

/// Bytes of a block, at most. The runtime has the say, by class of what is in it; what the SDK takes by itself is less than the
/// runtime allows, and such a transaction would wait for ever.
const BLOCK_BYTES: usize = 8 * 1024 * 1024;

/// What every worker of a running node uses.
pub struct Node {
	pub role: Role,
	pub name: String,
	pub force_authoring: bool,
	pub keystore: KeystorePtr,
	pub client: Arc<Client>,
	pub pool: Arc<Pool>,
	pub select_chain: SelectChain,
	pub sync: Arc<SyncingService<Block>>,
	pub registry: Option<Registry>,
	pub telemetry: Option<TelemetryHandle>,
}

impl Node {
	/// Builds blocks of what is in the pool.
	pub fn proposer(&self, tasks: &TaskManager) -> sc_basic_authorship::ProposerFactory<Pool, Client> {
		let mut factory = sc_basic_authorship::ProposerFactory::new(
			tasks.spawn_handle(),
			self.client.clone(),
			self.pool.clone(),
			self.registry.as_ref(),
			self.telemetry.clone(),
		);
		factory.set_default_block_size_limit(BLOCK_BYTES);
		factory
	}
}

/// What votes need besides.
pub struct Votes {
	pub protocol_name: ProtocolName,
	pub notification_service: Box<dyn NotificationService>,
	pub voter_state: SharedVoterState,
	pub network: Arc<dyn NetworkService>,
}

/// Makes blocks in the slots of this node's keys, where it has the role for that.
pub fn spawn_authoring(
	tasks: &TaskManager,
	node: &Node,
	block_import: BabeImport,
	babe_link: BabeLink<Block>,
	clock: Clock,
) -> Result<(), Error> {
	if !node.role.is_authority() {
		return Ok(());
	}
	let babe = sc_consensus_babe::start_babe(BabeParams {
		keystore: node.keystore.clone(),
		client: node.client.clone(),
		select_chain: node.select_chain.clone(),
		env: node.proposer(tasks),
		block_import,
		sync_oracle: node.sync.clone(),
		justification_sync_link: node.sync.clone(),
		create_inherent_data_providers: clock,
		force_authoring: node.force_authoring,
		backoff_authoring_blocks: Some(BackoffAuthoringOnFinalizedHeadLagging::default()),
		babe_link,
		block_proposal_slot_portion: SlotProportion::new(PROPOSAL_SHARE),
		max_block_proposal_slot_portion: None,
		telemetry: node.telemetry.clone(),
	})?;
	tasks.spawn_essential_handle().spawn_blocking("babe-proposer", Some("block-authoring"), babe);
	Ok(())
}

/// Votes with this node's keys, or follows the votes of others.
pub fn spawn_finality(tasks: &TaskManager, node: &Node, link: GrandpaLink, votes: Votes) -> Result<(), Error> {
	let Votes { protocol_name, notification_service, voter_state, network } = votes;
	let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
		config: sc_consensus_grandpa::Config {
			gossip_duration: GOSSIP,
			justification_generation_period: JUSTIFICATION_PERIOD,
			name: Some(node.name.clone()),
			observer_enabled: false,
			keystore: node.role.is_authority().then(|| node.keystore.clone()),
			local_role: node.role,
			telemetry: node.telemetry.clone(),
			protocol_name,
		},
		link,
		network,
		sync: node.sync.clone(),
		notification_service,
		voting_rule: VotingRulesBuilder::default().build(),
		prometheus_registry: node.registry.clone(),
		shared_voter_state: voter_state,
		telemetry: node.telemetry.clone(),
		offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(node.pool.clone()),
	})?;
	tasks.spawn_essential_handle().spawn_blocking("grandpa-voter", None, voter);
	Ok(())
}
