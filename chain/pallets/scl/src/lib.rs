//! # Smart contract logic (SCL)
//!
//! The registry of the contracts that define and run the infrastructure. Each region has, for every section of its
//! configuration, a contract of each kind at most; this pallet says which account it is, so that a gatekeeper needs to
//! trust nothing but the chain to find it.
//!
//! Contracts are entered and removed by [`Config::AdminOrigin`]. An entry is only taken for an account that holds a
//! contract now, and carries the hash of the code that it had then.

#![cfg_attr(not(feature = "std"), no_std)]

mod names;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use scale_info::TypeInfo;

pub use pallet::*;
pub use weights::WeightInfo;

/// Name of a region: lower-case letters, digits and hyphens.
pub type RegionId = BoundedVec<u8, ConstU32<32>>;

/// Name of a section: `<group>-section-<n>`.
pub type SectionName = BoundedVec<u8, ConstU32<64>>;

/// Highest layer of the infrastructure: 0 physical, 1 hosting, 2 computing environment, 3 client environment.
pub const MAX_LAYER: u8 = 3;

/// What a contract is for. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum ContractKind {
	/// Keys and values that the infrastructure is configured by (CSC).
	Configuration,
	/// Acts on what configuration contracts say (OSC).
	Operation,
	/// Private data behind roles, lists and encryption (PSC).
	Privacy,
}

/// Where a contract lives, and what it was when it was registered.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ContractRecord<AccountId, Hash, BlockNumber> {
	/// Account of the contract.
	pub address: AccountId,
	/// Layer of the infrastructure that it serves, 0 to [`MAX_LAYER`].
	pub layer: u8,
	/// Hash of the contract's code when it was registered.
	pub code_hash: Hash,
	/// Block in which it was registered.
	pub since: BlockNumber,
	/// How often a contract was registered under this name, this time included: 1 for the first. It never repeats, not
	/// even after the name was free for a while.
	pub revision: u32,
}

/// Tells contracts from other accounts.
pub trait ContractLookup<AccountId, Hash> {
	/// Hash of the code of the contract at `address`; `None` where there is no contract.
	fn code_hash(address: &AccountId) -> Option<Hash>;
}

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may change the registry.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// How the pallet knows a contract.
		type ContractLookup: ContractLookup<Self::AccountId, Self::Hash>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;
	}

	/// Record of this runtime's types.
	pub type RecordOf<T> =
		ContractRecord<<T as frame_system::Config>::AccountId, <T as frame_system::Config>::Hash, BlockNumberFor<T>>;

	/// The contracts, by region, then by kind and section.
	#[pallet::storage]
	pub type Contracts<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		RegionId,
		Blake2_128Concat,
		(ContractKind, SectionName),
		RecordOf<T>,
		OptionQuery,
	>;

	/// The last revision given under each name. It outlives the record, so that a reader that remembers a revision can
	/// tell a contract registered anew from the one it knew.
	#[pallet::storage]
	pub type Revisions<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, RegionId, Blake2_128Concat, (ContractKind, SectionName), u32, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A contract was entered, in place of the one before if there was one.
		ContractRegistered {
			region: RegionId,
			kind: ContractKind,
			section: SectionName,
			layer: u8,
			address: T::AccountId,
			code_hash: T::Hash,
			revision: u32,
		},
		/// A contract was removed.
		ContractUnregistered { region: RegionId, kind: ContractKind, section: SectionName, address: T::AccountId },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// A region's name is made of lower-case letters, digits and hyphens, without a hyphen at either end.
		InvalidRegion,
		/// A section's name has the form `<group>-section-<n>`, with `n` from 1.
		InvalidSection,
		/// Layers go from 0 to 3.
		InvalidLayer,
		/// There is no contract at this address.
		NotAContract,
		/// No contract is registered under this name.
		NotRegistered,
		/// This name has used up its revisions.
		RevisionOverflow,
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
		/// Enters the contract at `address` as the one of this kind for a region's section. It replaces the contract
		/// that was there.
		///
		/// Fails with `InvalidRegion`, `InvalidSection`, `InvalidLayer`, `NotAContract` or `RevisionOverflow`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_contract())]
		pub fn register_contract(
			origin: OriginFor<T>,
			region: RegionId,
			kind: ContractKind,
			section: SectionName,
			layer: u8,
			address: T::AccountId,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(names::is_label(&region), Error::<T>::InvalidRegion);
			ensure!(names::is_section(&section), Error::<T>::InvalidSection);
			ensure!(layer <= MAX_LAYER, Error::<T>::InvalidLayer);
			let code_hash = T::ContractLookup::code_hash(&address).ok_or(Error::<T>::NotAContract)?;

			let name = (kind, section);
			let revision = Revisions::<T>::get(&region, &name).checked_add(1).ok_or(Error::<T>::RevisionOverflow)?;
			let since = frame_system::Pallet::<T>::block_number();
			let record = ContractRecord { address: address.clone(), layer, code_hash, since, revision };
			Revisions::<T>::insert(&region, &name, revision);
			Contracts::<T>::insert(&region, &name, record);

			let (kind, section) = name;
			Self::deposit_event(Event::ContractRegistered {
				region,
				kind,
				section,
				layer,
				address,
				code_hash,
				revision,
			});
			Ok(())
		}

		/// Removes the contract of this kind from a region's section.
		///
		/// Fails with `NotRegistered`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::unregister_contract())]
		pub fn unregister_contract(
			origin: OriginFor<T>,
			region: RegionId,
			kind: ContractKind,
			section: SectionName,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let name = (kind, section);
			let record = Contracts::<T>::take(&region, &name).ok_or(Error::<T>::NotRegistered)?;
			let (kind, section) = name;
			Self::deposit_event(Event::ContractUnregistered { region, kind, section, address: record.address });
			Ok(())
		}
	}

	#[cfg(any(feature = "try-runtime", test))]
	impl<T: Config> Pallet<T> {
		/// Checks what must hold of the storage between blocks.
		pub fn check_state() -> Result<(), sp_runtime::TryRuntimeError> {
			let now = frame_system::Pallet::<T>::block_number();
			for (region, name, record) in Contracts::<T>::iter() {
				ensure!(names::is_label(&region), "a region's name is not a label");
				ensure!(names::is_section(&name.1), "a section's name has the wrong form");
				ensure!(record.layer <= MAX_LAYER, "a layer is out of range");
				ensure!(record.since <= now, "a record is from the future");
				ensure!(record.revision == Revisions::<T>::get(&region, &name), "a record is not of the last revision");
			}
			for (_, _, revision) in Revisions::<T>::iter() {
				ensure!(revision > 0, "a revision was never given");
			}
			Ok(())
		}
	}
}
