//! A running node: its parts put together and set to work.

mod clock;
mod consensus;
mod discovery;
mod genesis;
pub mod import;
pub mod parts;
mod rpc;
mod sealing;

use crate::{
	cli::Sealing,
	primitives::{Block, Hash},
};
use polkadot_sdk::*;
use sc_client_api::BlockBackend;
use sc_consensus_grandpa::{protocol_standard_name, warp_proof, FinalityProofProvider, SharedVoterState};
use sc_network::NetworkBackend;
use sc_service::{Configuration, Error, TaskManager, WarpSyncConfig};
use sc_storage_monitor::{StorageMonitorParams, StorageMonitorService};
use std::{path::Path, sync::Arc};

/// Starts a node. It runs for as long as the tasks do that this gives.
pub fn start<N: NetworkBackend<Block, Hash>>(
	config: Configuration,
	sealing: Option<Sealing>,
	storage_monitor: StorageMonitorParams,
) -> Result<TaskManager, Error> {
	let parts::Parts {
		client,
		backend,
		mut task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: parts::Extra { babe_import, babe_link, babe_worker, grandpa_link, clock, mut telemetry },
	} = parts::assemble(&config, sealing)?;
	let genesis = client.block_hash(0)?.ok_or_else(|| Error::Other("the database has no first block".into()))?;

	if let Some(path) = config.database.path().map(Path::to_path_buf) {
		StorageMonitorService::try_spawn(storage_monitor, path, &task_manager.spawn_essential_handle())
			.map_err(|error| Error::Application(error.into()))?;
	}

	let registry = config.prometheus_registry().cloned();
	let mut network_config =
		sc_network::config::FullNetworkConfiguration::<Block, Hash, N>::new(&config.network, registry.clone());
	let metrics = N::register_notification_metrics(registry.as_ref());
	let protocol_name = protocol_standard_name(&genesis, &config.chain_spec);
	let (protocol, notification_service) = sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
		protocol_name.clone(),
		metrics.clone(),
		network_config.peer_store_handle(),
	);
	network_config.add_notification_protocol(protocol);
	let warp_proofs =
		warp_proof::NetworkProvider::new(backend.clone(), grandpa_link.shared_authority_set().clone(), Vec::new());
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config: network_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(Arc::new(warp_proofs))),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	let voter_state = SharedVoterState::empty();
	let rpc = rpc::Dependencies {
		client: client.clone(),
		pool: transaction_pool.clone(),
		select_chain: select_chain.clone(),
		chain_spec: config.chain_spec.cloned_box(),
		keystore: keystore_container.keystore(),
		babe_worker,
		authority_set: grandpa_link.shared_authority_set().clone(),
		voter_state: voter_state.clone(),
		justifications: grandpa_link.justification_stream(),
		finality_proofs: FinalityProofProvider::new_for_service(
			backend.clone(),
			Some(grandpa_link.shared_authority_set().clone()),
		),
	};
	let node = consensus::Node {
		role: config.role,
		name: config.network.node_name.clone(),
		force_authoring: config.force_authoring,
		keystore: keystore_container.keystore(),
		client: client.clone(),
		pool: transaction_pool.clone(),
		select_chain,
		sync: sync_service.clone(),
		registry,
		telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
	};
	let votes = !config.disable_grandpa && sealing.is_none();
	let discovery = discovery::Settings::of(&config);

	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		network: network.clone(),
		client: client.clone(),
		keystore: keystore_container.keystore(),
		task_manager: &mut task_manager,
		transaction_pool,
		rpc_builder: Box::new(move |subscriptions| rpc::module(&rpc, subscriptions).map_err(Error::Application)),
		backend,
		system_rpc_tx,
		tx_handler_controller,
		sync_service,
		config,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	match sealing {
		Some(Sealing::Instant) => sealing::spawn(&task_manager, &node, babe_import, &babe_link, clock)?,
		None => {
			consensus::spawn_authoring(&task_manager, &node, babe_import, babe_link, clock)?;
			discovery::spawn(&task_manager, &node, network.clone(), discovery)?;
		}
	}
	if votes {
		let votes = consensus::Votes { protocol_name, notification_service, voter_state, network };
		consensus::spawn_finality(&task_manager, &node, grandpa_link, votes)?;
	}
	Ok(task_manager)
}
