//! The time that goes into blocks and that blocks are checked against.

use super::parts::Client;
use crate::primitives::{Block, Hash};
use polkadot_sdk::*;
use sc_service::Error;
use sp_blockchain::HeaderBackend;
use sp_consensus_babe::SlotDuration;
use sp_inherents::CreateInherentDataProviders;
use sp_timestamp::Timestamp;
use std::sync::{
	atomic::{AtomicU64, Ordering},
	Arc,
};

/// The system's time; or, where blocks are made on demand, one that gives each block a slot of its own and so runs
/// ahead when blocks come faster than slots.
#[derive(Clone)]
pub struct Clock {
	slot_duration: SlotDuration,
	/// The time of the last block that was made on demand, in milliseconds.
	sealed: Option<Arc<AtomicU64>>,
	steps: bool,
}

impl Clock {
	/// The system's time.
	pub fn system(slot_duration: SlotDuration) -> Self {
		Self { slot_duration, sealed: None, steps: false }
	}

	/// A clock for blocks on demand, which goes on after the last block of the chain.
	pub fn sealing(client: &Client, slot_duration: SlotDuration) -> Result<Self, Error> {
		let info = client.info();
		let millis = match client.header(info.best_hash)? {
			Some(header) if info.best_number > 0 => {
				let digest = sc_consensus_babe::find_pre_digest::<Block>(&header)
					.map_err(|error| Error::Other(error.to_string()))?;
				*digest.slot() * slot_duration.as_millis()
			}
			_ => 0,
		};
		Ok(Self { slot_duration, sealed: Some(Arc::new(AtomicU64::new(millis))), steps: false })
	}

	/// The same clock for whoever makes blocks: it moves on with each of them.
	pub fn stepping(&self) -> Self {
		Self { steps: true, ..self.clone() }
	}

	fn now(&self) -> Timestamp {
		let system = Timestamp::current();
		let Some(sealed) = &self.sealed else { return system };
		let step = if self.steps { self.slot_duration.as_millis() } else { 0 };
		let next = |last: u64| (last + step).max(system.as_millis());
		if !self.steps {
			return Timestamp::new(next(sealed.load(Ordering::SeqCst)));
		}
		let last = sealed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last)));
		Timestamp::new(next(last.unwrap_or_else(|last| last)))
	}
}

#[async_trait::async_trait]
impl CreateInherentDataProviders<Block, ()> for Clock {
	type InherentDataProviders =
		(sp_consensus_babe::inherents::InherentDataProvider, sp_timestamp::InherentDataProvider);

	async fn create_inherent_data_providers(
		&self,
		_: Hash,
		_: (),
	) -> Result<Self::InherentDataProviders, Box<dyn std::error::Error + Send + Sync>> {
		let timestamp = self.now();
		let slot = sp_consensus_babe::inherents::InherentDataProvider::from_timestamp_and_slot_duration(
			timestamp,
			self.slot_duration,
		);
		Ok((slot, sp_timestamp::InherentDataProvider::new(timestamp)))
	}
}
