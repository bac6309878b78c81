//! Chain specifications: read from files, which are made from the runtime elsewhere.

use crate::primitives::Block;
use polkadot_sdk::*;
use sc_chain_spec::{ChainSpecExtension, GenericChainSpec};
use sc_service::ChainSpec;
use sc_sync_state_rpc::LightSyncStateExtension;
use serde::{Deserialize, Serialize};

/// What a specification may hold besides the chain's first state.
#[derive(Default, Clone, Serialize, Deserialize, ChainSpecExtension)]
#[serde(rename_all = "camelCase", default)]
pub struct Extensions {
	/// Blocks that have to be part of the chain.
	pub fork_blocks: sc_client_api::ForkBlocks<Block>,
	/// Blocks that can't be part of it.
	pub bad_blocks: sc_client_api::BadBlocks<Block>,
	/// A final block that light clients start from.
	pub light_sync_state: LightSyncStateExtension,
}

/// Reads a specification from the file that `--chain` names.
pub fn load(path: &str) -> Result<Box<dyn ChainSpec>, String> {
	if path.is_empty() || path == "dev" {
		return Err("this node has no chain built in: name the file of a chain specification with --chain".into());
	}
	let spec = GenericChainSpec::<Extensions>::from_json_file(path.into())
		.map_err(|error| format!("the chain specification {path} can't be read: {error}"))?;
	Ok(Box::new(spec))
}
