//! Makes a set of changes: all of them or none.

use crate::{
	changes::{Change, Checked, MAX_CHANGES},
	merkle,
	types::{Entry, Head, IndexItem, Key, Refusal, StorageUse},
	Config, Entries, Event, Indexes, Pallet, Sections,
};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use codec::Encode;
use sp_io::hashing::blake2_256;

impl<T: Config> Pallet<T> {
	/// Makes all changes of the owner's section, or none. `expected_version` is the version that the caller worked from.
	/// Nothing is written before everything is checked.
	///
	/// Returns the new head, and what the change added to the storage. Fails with every [`Refusal`] but
	/// `SectionExists` and those of [`crate::changes::decode`].
	pub fn apply(
		owner: &T::AccountId,
		expected_version: u64,
		changes: Vec<Change>,
	) -> Result<(Head, StorageUse), Refusal> {
		let head = Sections::<T>::get(owner).ok_or(Refusal::NoSection)?;
		if head.version != expected_version {
			return Err(Refusal::VersionConflict { expected: expected_version, actual: head.version });
		}
		let version = head.version.checked_add(1).ok_or(Refusal::VersionOverflow)?;
		if changes.is_empty() {
			return Err(Refusal::NoChanges);
		}
		if changes.len() > MAX_CHANGES as usize {
			return Err(Refusal::TooManyChanges);
		}
		let digest = (&head.digest, &changes).using_encoded(blake2_256);

		let before = Indexes::<T>::get(owner).into_inner();
		let checked = check(changes, &before)?;
		let (index, entries, used) = merge(before, checked, version);
		let index = frame_support::BoundedVec::try_from(index).map_err(|_| Refusal::TooManyKeys)?;

		let count = u32::try_from(index.len()).map_err(|_| Refusal::TooManyKeys)?;
		let head = Head { version, digest, count, root: merkle::root(&index) };
		for (key, entry) in entries {
			Entries::<T>::set(owner, key, entry);
		}
		Indexes::<T>::insert(owner, index);
		Sections::<T>::insert(owner, head);
		Self::deposit_event(Event::SectionChanged { owner: owner.clone(), head });
		Ok((head, used))
	}
}

/// Checks every change, and puts them in the order of their keys.
fn check(changes: Vec<Change>, index: &[IndexItem]) -> Result<BTreeMap<Key, Checked>, Refusal> {
	let mut checked = BTreeMap::new();
	for (change, position) in changes.into_iter().zip(0u32..) {
		let change = change.check(position)?;
		let known = index.binary_search_by(|item| item.key.cmp(&change.key)).is_ok();
		if change.entry.is_none() && !known {
			return Err(Refusal::KeyNotFound { change: position });
		}
		if checked.insert(change.key.clone(), change).is_some() {
			return Err(Refusal::DuplicateKey { change: position });
		}
	}
	Ok(checked)
}

type Merged = (Vec<IndexItem>, Vec<(Key, Option<Entry>)>, StorageUse);

/// The index after the changes, and what is to be written under each key that changed. Both lists are in the order of
/// their keys, so that one walk over them is enough.
fn merge(before: Vec<IndexItem>, changes: BTreeMap<Key, Checked>, version: u64) -> Merged {
	let mut after = Vec::with_capacity(before.len().saturating_add(changes.len()));
	let mut entries = Vec::with_capacity(changes.len());
	let mut used = StorageUse::default();
	let mut kept = before.into_iter().peekable();
	for (key, change) in changes {
		while let Some(item) = kept.next_if(|item| item.key < key) {
			after.push(item);
		}
		let replaced = kept.next_if(|item| item.key == key);
		if let Some(item) = &replaced {
			used.bytes_removed = used.bytes_removed.saturating_add(item.stored_bytes());
			used.items_removed = used.items_removed.saturating_add(1);
		}
		let entry = change.entry.map(|(value, media_type)| Entry {
			value,
			media_type,
			version,
			previous: replaced.map(|item| item.digest),
		});
		if let Some(entry) = &entry {
			let bytes = entry.encode();
			let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
			let item = IndexItem { key: key.clone(), digest: blake2_256(&bytes), size };
			used.bytes_added = used.bytes_added.saturating_add(item.stored_bytes());
			used.items_added = used.items_added.saturating_add(1);
			after.push(item);
		}
		entries.push((key, entry));
	}
	after.extend(kept);
	(after, entries, used)
}

impl IndexItem {
	/// Bytes that an entry takes on chain: itself, its key in the map and in the index, and the rest of its index item.
	fn stored_bytes(&self) -> u32 {
		let indexed = u32::try_from(self.encoded_size()).unwrap_or(u32::MAX);
		let key = u32::try_from(self.key.encoded_size()).unwrap_or(u32::MAX);
		self.size.saturating_add(indexed).saturating_add(key)
	}
}
