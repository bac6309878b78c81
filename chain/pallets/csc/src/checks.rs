//! What must hold of the storage between blocks.

use crate::{
	changes::{is_media_type, is_path},
	merkle, Config, Entries, Indexes, Pallet, Sections,
};
use codec::Encode;
use frame_support::ensure;
use sp_io::hashing::blake2_256;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the storage between blocks.
	pub fn check_state() -> Result<(), TryRuntimeError> {
		let mut counted = 0u64;
		for (owner, head) in Sections::<T>::iter() {
			let index = Indexes::<T>::get(&owner);
			ensure!(index.len() == head.count as usize, "a section's count differs from its index");
			ensure!(merkle::root(&index) == head.root, "a section's root differs from its index");
			ensure!(head.version > 0 || head.digest == [0; 32], "a section without changes has a history");
			ensure!(index.windows(2).all(|pair| pair[0].key < pair[1].key), "an index is out of order");
			for item in &index {
				let entry = Entries::<T>::get(&owner, &item.key).ok_or("an entry is missing")?;
				let bytes = entry.encode();
				ensure!(blake2_256(&bytes) == item.digest, "an entry differs from its index");
				ensure!(bytes.len() == item.size as usize, "an entry's size differs from its index");
				ensure!((1..=head.version).contains(&entry.version), "an entry is of no version of its section");
				ensure!(is_path(&item.key), "a key has the wrong form");
				ensure!(is_media_type(&entry.media_type), "a media type has the wrong form");
			}
			counted += u64::from(head.count);
		}
		ensure!(Entries::<T>::iter_keys().count() as u64 == counted, "an entry belongs to no index");
		ensure!(
			Indexes::<T>::iter_keys().all(|owner| Sections::<T>::contains_key(owner)),
			"an index belongs to no section"
		);
		Ok(())
	}
}
