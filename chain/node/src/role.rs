//! What a node is for, as settings of the pieces that it is made of.

use polkadot_sdk::*;
use sc_cli::{Database, DatabasePruningMode, RunCmd};
use std::num::NonZeroU32;

/// Peers that a boot node takes in, besides light clients.
const BOOT_PEERS: u32 = 128;

/// Requests in one message, at most, where nothing else is asked for.
const BATCH_REQUESTS: u32 = 256;

/// Requests a minute of one connection, at most, to a port that the network reaches, where nothing else is asked for.
const EXTERNAL_REQUESTS_PER_MINUTE: u32 = 6_000;

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum NodeRole {
	/// Makes blocks and votes on which are final, where its keys are elected.
	Validator,
	/// Where others find the network first: takes in many peers.
	Boot,
	/// Follows the chain and answers about it; keeps the state of the last 256 blocks.
	Full,
	/// A full node that keeps the state of every block.
	Archive,
}

impl NodeRole {
	/// Applies the role, and what holds for all of them, to the arguments.
	pub fn apply(role: Option<NodeRole>, run: &mut RunCmd) {
		match role {
			Some(NodeRole::Validator) => run.validator = true,
			Some(NodeRole::Boot) => run.network_params.in_peers = run.network_params.in_peers.max(BOOT_PEERS),
			Some(NodeRole::Archive) => {
				run.import_params.pruning_params.state_pruning = Some(DatabasePruningMode::Archive);
				run.import_params.pruning_params.blocks_pruning = DatabasePruningMode::Archive;
			}
			Some(NodeRole::Full) | None => {}
		}
		run.import_params.database_params.database.get_or_insert(Database::ParityDb);
		// Nobody is told about a node unless its owner says whom, whatever the chain's specification names.
		run.telemetry_params.no_telemetry |= run.telemetry_params.telemetry_endpoints.is_empty();
		limit_requests(run);
	}
}

fn limit_requests(run: &mut RunCmd) {
	let rpc = &mut run.rpc_params;
	if !rpc.rpc_disable_batch_requests {
		rpc.rpc_max_batch_request_len.get_or_insert(BATCH_REQUESTS);
	}
	if (rpc.rpc_external || rpc.unsafe_rpc_external) && rpc.rpc_rate_limit.is_none() {
		rpc.rpc_rate_limit = NonZeroU32::new(EXTERNAL_REQUESTS_PER_MINUTE);
	}
}
