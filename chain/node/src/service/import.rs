//! Takes blocks in one at a time, once more where a look-up failed, and forgets what a failed one left behind.
//!
//! BABE's import notes a new epoch in memory before it compares the block with the best one. When a block becomes final in
//! that very moment, as after a partition, the weight it compares with is gone, the import fails, and the note stays: from
//! then on the node asks its database for a block that was never stored, and refuses every block until it is started anew.
//! So the notes are put back here as they were. And since a node that refuses a block in the midst of catching up and its
//! peers shun each other for minutes, the block is tried again: what it is compared with is looked up anew then.

use super::{clock::Clock, parts::{Client, GrandpaImport, SelectChain}};
use crate::primitives::Block;
use futures::lock::Mutex;
use polkadot_sdk::*;
use sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult, StateAction};
use sc_consensus_babe::{BabeBlockImport, BabeIntermediate, BabeLink, Epoch, INTERMEDIATE_KEY};
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

	/// One attempt, without a trace when it fails.
	async fn attempt(&self, block: BlockImportParams<Block>) -> Result<ImportResult, sp_consensus::Error> {
		let before = self.epoch_changes.shared_data().clone();
		let result = self.inner.import_block(block).await;
		if result.is_err() {
			*self.epoch_changes.shared_data() = before;
		}
		result
	}
}

/// The same block for another attempt. None of this node's own making, which come with changes of state: they can't be copied,
/// and a slot that is lost is nothing to a validator.
fn copy(block: &mut BlockImportParams<Block>) -> Option<BlockImportParams<Block>> {
	let state_action = match block.state_action {
		StateAction::Execute => StateAction::Execute,
		StateAction::ExecuteIfPossible => StateAction::ExecuteIfPossible,
		StateAction::Skip => StateAction::Skip,
		StateAction::ApplyChanges(_) => return None,
	};
	let BabeIntermediate { epoch_descriptor } =
		block.remove_intermediate::<BabeIntermediate<Block>>(INTERMEDIATE_KEY).ok()?;
	let mut again = BlockImportParams::new(block.origin, block.header.clone());
	for each in [&mut *block, &mut again] {
		let epoch_descriptor = epoch_descriptor.clone();
		each.insert_intermediate(INTERMEDIATE_KEY, BabeIntermediate::<Block> { epoch_descriptor });
	}
	again.justifications = block.justifications.clone();
	again.post_digests = block.post_digests.clone();
	again.body = block.body.clone();
	again.indexed_body = block.indexed_body.clone();
	again.state_action = state_action;
	again.finalized = block.finalized;
	again.auxiliary = block.auxiliary.clone();
	again.import_existing = block.import_existing;
	again.create_gap = block.create_gap;
	again.post_hash = block.post_hash;
	Some(again)
}

#[async_trait::async_trait]
impl BlockImport<Block> for BabeImport {
	type Error = sp_consensus::Error;

	async fn check_block(&self, block: BlockCheckParams<Block>) -> Result<ImportResult, Self::Error> {
		self.inner.check_block(block).await
	}

	async fn import_block(&self, mut block: BlockImportParams<Block>) -> Result<ImportResult, Self::Error> {
		let _turn = self.turn.lock().await;
		let again = copy(&mut block);
		match (self.attempt(block).await, again) {
			(Err(sp_consensus::Error::ChainLookup(_)), Some(again)) => self.attempt(again).await,
			(result, _) => result,
		}
	}
}
