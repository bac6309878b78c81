//! Takes blocks in one at a time, and forgets what a failed one left behind.
//!
//! BABE's import notes a new epoch in memory before it compares the block with the best one. When a block becomes final in
//! that very moment, as after a partition, the weight it compares with is gone, the import fails, and the note stays: from
//! then on the node asks its database for a block that was never stored, refuses every block, and bans the peers that send
//! them until it is started anew. So the notes are put back here as they were.

use super::{clock::Clock, parts::{Client, GrandpaImport, SelectChain}};
use crate::primitives::Block;
use futures::lock::Mutex;
use polkadot_sdk::*;
use sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult};
use sc_consensus_babe::{BabeBlockImport, BabeLink, Epoch};
use sc_consensus_epochs::SharedEpochChanges;
use std::sync::Arc;

type Inner = BabeBlockImport<Block, Client, GrandpaImport, Clock, SelectChain>;

/// BABE's import, for peers' blocks and this node's own alike.
#[derive(Clone)]
pub struct BabeImport {
	inner: Inner,
	epoch_changes: SharedEpochChanges<Block, Epoch>,
	/// What one block noted must not be put back by another.
	turn: Arc<Mutex<()>>,
}

impl BabeImport {
	pub fn new(inner: Inner, link: &BabeLink<Block>) -> Self {
		Self { inner, epoch_changes: link.epoch_changes().clone(), turn: Arc::default() }
	}
}

#[async_trait::async_trait]
impl BlockImport<Block> for BabeImport {
	type Error = sp_consensus::Error;

	async fn check_block(&self, block: BlockCheckParams<Block>) -> Result<ImportResult, Self::Error> {
		self.inner.check_block(block).await
	}

	async fn import_block(&self, block: BlockImportParams<Block>) -> Result<ImportResult, Self::Error> {
		let _turn = self.turn.lock().await;
		let before = self.epoch_changes.shared_data().clone();
		let result = self.inner.import_block(block).await;
		if result.is_err() {
			*self.epoch_changes.shared_data() = before;
		}
		result
	}
}
