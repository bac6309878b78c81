//! # Configuration sections (CSC)
//!
//! Cheap keys and values for contracts. A contract opens one section, and everything in it is the contract's: it decides
//! who may change what, and every contract may read. A section changes by whole sets of changes, of which all or none
//! are made: each raises its version by one and adds to a digest over its history, and a writer who worked from another
//! version than the last is refused.
//!
//! The head of a section also carries the root of a Merkle tree over its entries (see [`merkle`]). A reader who has one
//! head proven by the chain's own storage proof can take a section of a thousand keys from anyone, and check it.
//!
//! Contracts come in by a chain extension of the runtime, which charges [`WeightInfo`] before the work and a deposit by
//! the [`StorageUse`] that is returned. The only call is [`Pallet::close_section`], by which the administration removes
//! what a contract that is gone has left.
//!
//! A section has one value for all of its index, in the order of its keys, so that a set of changes reads two values
//! however many keys it changes, and writes two beside the entries.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod apply;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
pub mod changes;
#[cfg(any(feature = "try-runtime", test))]
mod checks;
pub mod merkle;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// Keys in one page of a listing, and entries in one answer, at most.
pub const MAX_PAGE: u32 = 256;

/// SCALE bytes of the entries in one answer, at most.
pub const MAX_ANSWER_BYTES: u32 = 192 * 1024;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may remove sections.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Keys of a section, at most.
		#[pallet::constant]
		type MaxKeys: Get<u32>;

		/// What the work costs.
		type WeightInfo: WeightInfo;
	}

	/// The heads of the sections, by the account that owns them.
	#[pallet::storage]
	pub type Sections<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Head, OptionQuery>;

	/// The entries, by owner and key.
	#[pallet::storage]
	pub type Entries<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, Key, Entry, OptionQuery>;

	/// The index of each section, in the byte order of its keys.
	#[pallet::storage]
	pub type Indexes<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, BoundedVec<IndexItem, T::MaxKeys>, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account opened its section.
		SectionOpened { owner: T::AccountId },
		/// A section has a new version.
		SectionChanged { owner: T::AccountId, head: Head },
		/// A section was removed with all that was in it.
		SectionClosed { owner: T::AccountId },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account has opened no section.
		NoSection,
		/// The section has more keys than the call was weighed for.
		TooManyKeys,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_block: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Removes the section of a contract that is gone. `keys` is the most keys that it may have, which the call is
		/// weighed by.
		///
		/// Fails with `NoSection` or `TooManyKeys`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::close_section(*keys))]
		pub fn close_section(origin: OriginFor<T>, owner: T::AccountId, keys: u32) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let head = Sections::<T>::get(&owner).ok_or(Error::<T>::NoSection)?;
			ensure!(head.count <= keys, Error::<T>::TooManyKeys);
			for item in Indexes::<T>::take(&owner) {
				Entries::<T>::remove(&owner, item.key);
			}
			Sections::<T>::remove(&owner);
			Self::deposit_event(Event::SectionClosed { owner });
			Ok(())
		}
	}

	impl<T: Config> Pallet<T> {
		/// Opens the owner's section, without keys.
		///
		/// Returns its head, and what it added to the storage. Fails with `SectionExists`.
		pub fn open(owner: &T::AccountId) -> Result<(Head, StorageUse), Refusal> {
			if Sections::<T>::contains_key(owner) {
				return Err(Refusal::SectionExists);
			}
			let head = Head::default();
			Sections::<T>::insert(owner, head);
			Self::deposit_event(Event::SectionOpened { owner: owner.clone() });
			let bytes_added = u32::try_from(Head::max_encoded_len()).unwrap_or(u32::MAX);
			Ok((head, StorageUse { bytes_added, items_added: 1, ..Default::default() }))
		}

		/// Version, digest, count and root of a section.
		pub fn head(owner: &T::AccountId) -> Option<Head> {
			Sections::<T>::get(owner)
		}

		/// The entry of a key.
		pub fn get(owner: &T::AccountId, key: &Key) -> Option<Entry> {
			Entries::<T>::get(owner, key)
		}

		/// The keys from position `from` on, in byte order, at most `limit` and never more than [`MAX_PAGE`].
		pub fn keys(owner: &T::AccountId, from: u32, limit: u32) -> Vec<Key> {
			let page = Indexes::<T>::get(owner).into_iter().skip(from as usize).take(limit.min(MAX_PAGE) as usize);
			page.map(|item| item.key).collect()
		}

		/// The entries of several keys, in their order. Where they are too large for one answer, it holds only the
		/// first ones: ask again for the keys past its length.
		pub fn get_many(owner: &T::AccountId, keys: &[Key]) -> Vec<Option<Entry>> {
			let mut bytes = 0usize;
			keys.iter()
				.take(MAX_PAGE as usize)
				.map(|key| Self::get(owner, key))
				.take_while(|entry| {
					bytes = bytes.saturating_add(entry.encoded_size());
					bytes <= MAX_ANSWER_BYTES as usize
				})
				.collect()
		}
	}
}
