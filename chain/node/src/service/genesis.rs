//! Whether a database belongs to the chain that a specification describes.

use super::parts::{Backend, Client, Executor};
use crate::primitives::Block;
use polkadot_sdk::*;
use sc_client_api::BlockBackend;
use sc_service::{BuildGenesisBlock, ChainSpec, Error, GenesisBlockBuilder};
use sp_runtime::traits::Block as _;
use std::sync::Arc;

/// Fails when the first block of the database isn't the one that the specification gives: the client itself takes
/// whatever chain it finds there, and would never find a peer.
pub fn check(spec: &dyn ChainSpec, client: &Client, backend: Arc<Backend>, executor: Executor) -> Result<(), Error> {
	let builder = GenesisBlockBuilder::<Block, _, _>::new(spec.as_storage_builder(), false, backend, executor)?;
	let (expected, _) = builder.build_genesis_block()?;
	let found = client.block_hash(0)?;
	if found == Some(expected.hash()) {
		return Ok(());
	}
	Err(Error::Other(format!(
		"genesis mismatch: the database holds the chain that begins with {found:?}, and the specification describes \
		 the one that begins with {:?}",
		expected.hash(),
	)))
}
