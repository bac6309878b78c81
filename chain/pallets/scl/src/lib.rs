//! # Smart contract logic (SCL)
//!
//! The registry of the contracts that define and run the infrastructure, and of the gatekeepers that may call them.
//!
//! Each region has, for every section of its configuration, a contract of each kind at most; this pallet says which
//! account it is, so that a gatekeeper needs to trust nothing but the chain to find it. Contracts are entered and
//! removed by [`Config::AdminOrigin`]. An entry is only taken for an account that holds a contract now, and carries the
//! hash of the code that it had then.
//!
//! A gatekeeper registers itself as a client of a region against a deposit. Main gatekeepers are entered by the
//! administration, which also suspends and excludes, as other pallets do by their rules ([`GatekeeperRegistry`]); what
//! the administration has said, those don't lift. Only gatekeepers in good standing call contracts through
//! [`Pallet::call_contract`], and only registered ones. A runtime that means to leave no other way refuses calls of the contracts pallet to which
//! [`Pallet::is_registered_contract`] applies in its base call filter, which every batch, proxy, multisig and scheduled
//! call passes as well; and the contracts ask [`Pallet::may_call`] about whoever calls them, so that a contract that
//! isn't registered can't carry a call in either.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(feature = "try-runtime", test))]
mod checks;
mod contracts;
mod gatekeepers;
pub mod migrations;
mod names;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use contracts::{ContractCaller, ContractLookup};
pub use gatekeepers::{GatekeeperRecord, GatekeeperRegistry, GatekeeperRole, Standing};
pub use names::{is_label, is_section};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::{string::String, vec::Vec};
	use frame_support::{
		dispatch::{PostDispatchInfo, WithPostDispatchInfo},
		pallet_prelude::*,
		traits::{
			fungible::{BalancedHold, Credit, Inspect, Mutate, MutateHold},
			Contains, OnUnbalanced,
		},
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may change the registry.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who has to stay a gatekeeper for now, because of what it has promised elsewhere.
		type Bound: Contains<Self::AccountId>;

		/// How the pallet knows a contract.
		type ContractLookup: ContractLookup<Self::AccountId, Self::Hash>;

		/// How the pallet calls a contract.
		type ContractCaller: ContractCaller<Self::AccountId, BalanceOf<Self>>;

		/// What deposits are made in.
		type Currency: Mutate<Self::AccountId>
			+ MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ BalancedHold<Self::AccountId>;

		/// What an account deposits to be a client gatekeeper.
		#[pallet::constant]
		type GatekeeperDeposit: Get<BalanceOf<Self>>;

		/// Takes the deposits of those that are excluded.
		type OnSlash: OnUnbalanced<Credit<Self::AccountId, Self::Currency>>;

		/// The runtime's reasons to hold a balance.
		type RuntimeHoldReason: From<HoldReason>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;
	}

	/// Amount of the native token.
	pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;

	/// Record of a contract, in this runtime's types.
	pub type RecordOf<T> =
		ContractRecord<<T as frame_system::Config>::AccountId, <T as frame_system::Config>::Hash, BlockNumberFor<T>>;

	/// Record of a gatekeeper, in this runtime's types.
	pub type RecordOfGatekeeper<T> = GatekeeperRecord<BalanceOf<T>, BlockNumberFor<T>>;

	/// Why the pallet holds a balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account is a gatekeeper.
		GatekeeperDeposit,
	}

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

	/// Under how many names each contract is registered; accounts under none aren't in it.
	#[pallet::storage]
	pub type ContractCounts<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

	/// The gatekeepers, those that were excluded included.
	#[pallet::storage]
	pub type Gatekeepers<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, RecordOfGatekeeper<T>, OptionQuery>;

	/// The gatekeepers that the rules have suspended, so that the rules may re-admit them. Whom the administration
	/// suspends isn't in it.
	#[pallet::storage]
	pub type SuspendedByRules<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, (), OptionQuery>;

	/// The gatekeepers that a chain begins with, in good standing and without deposit.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Account, region and role of each.
		pub gatekeepers: Vec<(T::AccountId, String, GatekeeperRole)>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for (account, name, role) in &self.gatekeepers {
				// A genesis that names a region wrongly must not become a chain.
				let region: RegionId = name.as_bytes().to_vec().try_into().unwrap_or_default();
				assert!(names::is_label(&region), "scl.gatekeepers: {name:?} is no name of a region");
				let record = GatekeeperRecord {
					region,
					role: *role,
					standing: Standing::Good,
					since: Default::default(),
					deposit: Default::default(),
				};
				Gatekeepers::<T>::insert(account, record);
			}
		}
	}

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
		/// A gatekeeper was entered or changed.
		GatekeeperSet { account: T::AccountId, region: RegionId, role: GatekeeperRole, standing: Standing },
		/// A gatekeeper left and got its deposit back.
		GatekeeperLeft { account: T::AccountId, region: RegionId },
		/// A gatekeeper was excluded and lost its deposit.
		GatekeeperExcluded { account: T::AccountId, region: RegionId, slashed: BalanceOf<T> },
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
		/// No contract is registered under this name, or this account is none.
		NotRegistered,
		/// This name has used up its revisions.
		RevisionOverflow,
		/// The account is no gatekeeper.
		NotAGatekeeper,
		/// The account is a gatekeeper already, or was excluded as one.
		AlreadyGatekeeper,
		/// The gatekeeper is suspended or excluded.
		NotInGoodStanding,
		/// The gatekeeper's machine is still a member: it has to leave first.
		StillBound,
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
			if let Some(replaced) = Contracts::<T>::get(&region, &name) {
				Self::uncount(&replaced.address);
			}
			ContractCounts::<T>::mutate(&address, |count| *count = count.saturating_add(1));
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
			Self::uncount(&record.address);
			let (kind, section) = name;
			Self::deposit_event(Event::ContractUnregistered { region, kind, section, address: record.address });
			Ok(())
		}

		/// Makes the signer a client gatekeeper of a region, in good standing at once. Its deposit is held until it
		/// leaves.
		///
		/// Fails with `InvalidRegion`, `AlreadyGatekeeper`, or the currency's error when the deposit can't be held.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::register_gatekeeper())]
		pub fn register_gatekeeper(origin: OriginFor<T>, region: RegionId) -> DispatchResult {
			Self::enter_client(ensure_signed(origin)?, region)
		}

		/// Takes the signer off the registry and gives its deposit back.
		///
		/// Fails with `NotAGatekeeper`, `NotInGoodStanding` or `StillBound`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::leave_gatekeeper())]
		pub fn leave_gatekeeper(origin: OriginFor<T>) -> DispatchResult {
			Self::leave(ensure_signed(origin)?)
		}

		/// Enters or changes a gatekeeper. Excluding one takes its deposit.
		///
		/// Fails with `InvalidRegion`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_gatekeeper())]
		pub fn set_gatekeeper(
			origin: OriginFor<T>,
			account: T::AccountId,
			region: RegionId,
			role: GatekeeperRole,
			standing: Standing,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::set(account, region, role, standing)
		}

		/// Calls a registered contract as the signer, who has to be a gatekeeper in good standing. `gas_limit`,
		/// `storage_deposit_limit` and `data` are those of the contracts pallet's own call, as are its errors and fees.
		///
		/// Fails with `NotAGatekeeper`, `NotInGoodStanding` or `NotRegistered`, or as the contract does.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::call_contract().saturating_add(T::ContractCaller::weight(*gas_limit)))]
		pub fn call_contract(
			origin: OriginFor<T>,
			dest: T::AccountId,
			#[pallet::compact] value: BalanceOf<T>,
			gas_limit: Weight,
			storage_deposit_limit: Option<BalanceOf<T>>,
			data: Vec<u8>,
		) -> DispatchResultWithPostInfo {
			let caller = ensure_signed(origin)?;
			let gate = T::WeightInfo::call_contract();
			// Nothing but the check was done for one who may not call.
			Self::ensure_may_call(&caller, &dest).map_err(|error| error.with_weight(gate))?;
			let with_gate = |info: PostDispatchInfo| PostDispatchInfo {
				actual_weight: info.actual_weight.map(|weight| weight.saturating_add(gate)),
				..info
			};
			T::ContractCaller::call(caller, dest, value, gas_limit, storage_deposit_limit, data).map(with_gate).map_err(
				|mut error| {
					error.post_info = with_gate(error.post_info);
					error
				},
			)
		}
	}

	impl<T: Config> Pallet<T> {
		/// Whether the account is a contract that is registered under some name.
		pub fn is_registered_contract(account: &T::AccountId) -> bool {
			ContractCounts::<T>::contains_key(account)
		}

		/// Account of the contract of this kind for a region's section.
		pub fn contract_of(region: &RegionId, kind: ContractKind, section: &SectionName) -> Option<T::AccountId> {
			Contracts::<T>::get(region, (kind, section)).map(|record| record.address)
		}

		/// Checks that the account may call contracts, and that this is one that is registered.
		pub(crate) fn ensure_may_call(account: &T::AccountId, contract: &T::AccountId) -> DispatchResult {
			let record = Gatekeepers::<T>::get(account).ok_or(Error::<T>::NotAGatekeeper)?;
			ensure!(record.standing == Standing::Good, Error::<T>::NotInGoodStanding);
			ensure!(Self::is_registered_contract(contract), Error::<T>::NotRegistered);
			Ok(())
		}

		/// Takes one name off the count of a contract.
		fn uncount(address: &T::AccountId) {
			ContractCounts::<T>::mutate_exists(address, |count| {
				*count = count.and_then(|names| names.checked_sub(1)).filter(|names| *names > 0);
			});
		}
	}
}
