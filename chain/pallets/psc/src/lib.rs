//! # Private storage (PSC)
//!
//! Sealed values on a public chain, for contracts. Who may do what is the contract's to say; this pallet keeps what
//! makes its word mean something: which key a role has now, who holds it, and what each value is sealed to. It never
//! sees a secret. What it checks are sizes, epochs, keys and membership.
//!
//! ## How a secret is shared
//!
//! - A *member* enrols with an X25519 public key of its own ([`Pallet::enrol`]).
//! - A *role* has an X25519 key pair. Whoever creates the role makes the pair; the chain gets the public key
//!   ([`Pallet::create_role`]).
//! - A member is given a role by a *copy* of the role's secret key, sealed to the member's key ([`Pallet::grant`]).
//! - A *value* is encrypted under a data key of its own, and the data key is sealed to the public key of each role that
//!   may read it ([`Pallet::put`]). So a value has one ciphertext, however many read it.
//!
//! ## How it is taken back
//!
//! A role's key pair is good for one *epoch*. [`Pallet::rotate`] begins the next with a new pair, and revocation is a
//! rotation that leaves members out: the new secret key is sealed to exactly those who remain, and to nobody else. New
//! values can be sealed to the new key only, as the chain refuses copies of an epoch that is over.
//!
//! Values aren't touched by a rotation. Each role key carries the secret key of the epoch before, sealed to itself: who
//! holds the newest walks back to any older one, and who was left out can't walk forward. A revoked member can still
//! open what it could open before, as no chain can make anyone forget; [`Pallet::reseal`] moves a value's copies to the
//! new keys, and only putting the value anew, under a new data key, keeps its next contents from the revoked.
//!
//! No public key is used twice under one owner, whether a member's or a role's, so that a revoked member's old knowledge
//! never opens anything new.
//!
//! ## Who comes in
//!
//! Contracts, by a chain extension of the runtime, which charges [`WeightInfo`] before the work and a deposit by the
//! [`StorageUse`] that is returned. All of it belongs to the account of the contract that wrote it. The only call is
//! [`Pallet::clear`], by which the administration removes what a contract that is gone has left.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(feature = "try-runtime", test))]
mod checks;
mod input;
mod names;
mod roles;
mod types;
mod values;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use input::*;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

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
		/// Who may remove what a contract has left.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Members of a role, at most: a rotation writes a copy for each of them.
		#[pallet::constant]
		type MaxMembers: Get<u32>;

		/// What the work costs.
		type WeightInfo: WeightInfo;
	}

	/// The keys of members, by owner and account.
	#[pallet::storage]
	pub type Members<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, T::AccountId, PublicKey, OptionQuery>;

	/// The roles, by owner and name.
	#[pallet::storage]
	pub type Roles<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, RoleName, Role, OptionQuery>;

	/// The keys of roles, by owner, then by role and epoch.
	#[pallet::storage]
	pub type RoleKeys<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, (RoleName, Epoch), RoleKey, OptionQuery>;

	/// Every public key that was ever a member's or a role's, by owner.
	#[pallet::storage]
	pub type UsedKeys<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, PublicKey, (), OptionQuery>;

	/// Who has a role, by owner, then by role and account.
	#[pallet::storage]
	pub type Grants<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		(RoleName, T::AccountId),
		Grant,
		OptionQuery,
	>;

	/// The values, by owner and name.
	#[pallet::storage]
	pub type Values<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, ValueName, Value, OptionQuery>;

	/// The last version of each value that was removed, so that a version never repeats.
	#[pallet::storage]
	pub type LastVersions<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, ValueName, u32, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A member enrolled, or changed its key.
		MemberEnrolled { owner: T::AccountId, member: T::AccountId, public_key: PublicKey },
		/// A role began, without members.
		RoleCreated { owner: T::AccountId, role: RoleName, public_key: PublicKey },
		/// A member has a role's secret key.
		RoleGranted { owner: T::AccountId, role: RoleName, epoch: Epoch, member: T::AccountId },
		/// A role has a new key, which so many members hold, and so many don't any more.
		RoleRotated { owner: T::AccountId, role: RoleName, epoch: Epoch, members: u32, revoked: u32 },
		/// A value was put or resealed.
		ValueStored { owner: T::AccountId, name: ValueName, version: u32 },
		/// A value was removed.
		ValueRemoved { owner: T::AccountId, name: ValueName },
		/// All that an owner had was removed.
		Cleared { owner: T::AccountId, items: u32 },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The owner has more items than the call was weighed for.
		TooManyItems,
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
		/// Removes all that a contract that is gone has left. `items` is the most that there may be of members, roles,
		/// keys, grants and values together, which the call is weighed by.
		///
		/// Fails with `TooManyItems`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::clear(*items))]
		pub fn clear(origin: OriginFor<T>, owner: T::AccountId, items: u32) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let mut left = items;
			macro_rules! clear {
				($($map:ident),*) => {$(
					let some = (left as usize).saturating_add(1);
					for key in $map::<T>::iter_key_prefix(&owner).take(some).collect::<Vec<_>>() {
						left = left.checked_sub(1).ok_or(Error::<T>::TooManyItems)?;
						$map::<T>::remove(&owner, key);
					}
				)*};
			}
			clear!(Members, Roles, RoleKeys, UsedKeys, Grants, Values, LastVersions);
			Self::deposit_event(Event::Cleared { owner, items: items.saturating_sub(left) });
			Ok(())
		}
	}
}
