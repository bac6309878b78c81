//! # Distributed resource nodes (DRN)
//!
//! The machines that people lend to the infrastructure: who they are, what they are good for, and whether they are there
//! and do what they say.
//!
//! - A gatekeeper in good standing *joins* with its machine, against a collateral. The main gatekeeper of its region
//!   measures and *classes* it.
//! - A member sends *heartbeats*, each with the digest of what it found of itself. One that is silent for a term gets a
//!   strike. A heartbeat that is in time costs no fee.
//! - The main gatekeeper *challenges* a member. The question is made from a seed that the chain draws in that block, so
//!   that nobody could prepare for it. The member has a term to answer; the main gatekeeper judges what it answers. To
//!   let the term go by, or to be wrong, is a strike; to be right clears all strikes.
//! - The main gatekeeper *reports* what the chain can't see: operations that were refused, and integrity verdicts. Each
//!   report is a strike, carries the digest of its evidence, and counts once, whoever of a region's main gatekeepers
//!   brings it.
//! - A machine may *bind* the key of its guard, a process beside its gatekeeper: once in its membership. From then on the
//!   guard *attests*, once in a term, what the machine is: the digest of what it has to be, and whether it is that. Each
//!   attestation answers the hash of a block of the last minutes, so that none can be made before, or used again. The
//!   first one records the digest; after that only a main gatekeeper changes it. An attestation that shows a deviation
//!   is evidence by itself; one that doesn't come is a strike.
//! - So many strikes *suspend* a member: the registry of gatekeepers suspends it too, so that its calls are refused. It
//!   may still be heard of and answer; enough of that without another strike *re-admits* it, and takes one strike off.
//!   That it isn't heard of meanwhile is no strike.
//! - More strikes, a fault that the rules call fatal, or the main gatekeeper's or the administration's word *exclude* a
//!   member: its collateral goes to [`Config::OnSlash`], and the registry of gatekeepers excludes it too, so that
//!   nothing of it is heard again.
//! - A member that *leaves* has its collateral back after a term in which it still answers for what it did. One that is
//!   suspended has to be re-admitted first.
//!
//! How many strikes, how long a term and which faults: the [`Rules`] are kept here, and changed by
//! [`Config::AdminOrigin`]. A change holds from each member's next heartbeat or strike on. Every decision says which
//! rule made it, what was counted, and by which evidence; the last one of each member stays readable.
//!
//! Deadlines are kept by blocks that have time left, oldest first, as much as their weight allows. A chain that is too
//! busy is late with its strikes, and never strikes anyone too early: a heartbeat counts until the block that would
//! strike.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod attest;
#[cfg(any(feature = "try-runtime", test))]
mod checks;
mod members;
pub mod migrations;
mod oversight;
mod sweep;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::{Member, *};
	use codec::Encode;
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{BalancedHold, Credit, Inspect, Mutate, MutateHold},
			OnUnbalanced, Randomness,
		},
	};
	use frame_system::pallet_prelude::*;
	use pallet_scl::{is_label, GatekeeperRegistry, RegionId, Standing};
	use sp_runtime::traits::{Hash, Saturating};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(3);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may exclude any member, and set the rules.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Blocks between two attestations, at most, until other rules are set.
		#[pallet::constant]
		type AttestTerm: Get<BlockNumberFor<Self>>;

		/// How many blocks old the one may be that an attestation answers. The system has to remember their hashes.
		#[pallet::constant]
		type AttestWindow: Get<BlockNumberFor<Self>>;

		/// Blocks that a member has to answer a challenge.
		#[pallet::constant]
		type ChallengeTerm: Get<BlockNumberFor<Self>>;

		/// What a machine deposits.
		#[pallet::constant]
		type Collateral: Get<BalanceOf<Self>>;

		/// What collaterals are held in.
		type Currency: Mutate<Self::AccountId>
			+ MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ BalancedHold<Self::AccountId>;

		/// Blocks between two heartbeats, and between two attestations, at least.
		#[pallet::constant]
		type HeartbeatGap: Get<BlockNumberFor<Self>>;

		/// Blocks between two heartbeats, at most, until other rules are set.
		#[pallet::constant]
		type HeartbeatTerm: Get<BlockNumberFor<Self>>;

		/// The strike that excludes, until other rules are set.
		#[pallet::constant]
		type MaxStrikes: Get<u32>;

		/// Takes the collaterals of those that are excluded.
		type OnSlash: OnUnbalanced<Credit<Self::AccountId, Self::Currency>>;

		/// Where the seeds of challenges come from. Whoever makes the block may have a say in it: it must be unknown to
		/// the member, not to everyone.
		type Randomness: Randomness<Self::Hash, BlockNumberFor<Self>>;

		/// Heartbeats and right answers that re-admit a suspended member, until other rules are set.
		#[pallet::constant]
		type ReadmitAfter: Get<u32>;

		/// The registry of gatekeepers.
		type Registry: GatekeeperRegistry<Self::AccountId>;

		/// The runtime's reasons to hold a balance.
		type RuntimeHoldReason: From<HoldReason>;

		/// The strike that suspends, until other rules are set.
		#[pallet::constant]
		type SuspendStrikes: Get<u32>;

		/// Blocks in which a member that leaves still answers for what it did. No heartbeat may take longer.
		#[pallet::constant]
		type UnbondingTerm: Get<BlockNumberFor<Self>>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;
	}

	/// Amount of the native token.
	pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;

	/// A member, in this runtime's types.
	pub type MemberOf<T> = Member<BalanceOf<T>, BlockNumberFor<T>>;

	/// The rules, in this runtime's types.
	pub type RulesOf<T> = Rules<BlockNumberFor<T>>;

	/// A machine's bond with its guard, in this runtime's types.
	pub type BondOf<T> = Bond<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

	/// Why something was decided, in this runtime's types.
	pub type ReasonOf<T> = Reason<<T as frame_system::Config>::AccountId>;

	/// A decision about a member, in this runtime's types.
	pub type RulingOf<T> = Ruling<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

	/// Why the pallet holds a balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account's machine is a member.
		Collateral,
	}

	/// The members, those that were excluded included.
	#[pallet::storage]
	pub type Members<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, MemberOf<T>, OptionQuery>;

	/// The challenges that are not judged yet, by member.
	#[pallet::storage]
	pub type Challenges<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Challenge<T::Hash, BlockNumberFor<T>>, OptionQuery>;

	/// What is waited for, by the last block in which it is in time.
	#[pallet::storage]
	pub type Due<T: Config> =
		StorageDoubleMap<_, Twox64Concat, BlockNumberFor<T>, Blake2_128Concat, (T::AccountId, Wait), (), OptionQuery>;

	/// The first deadline that wasn't looked at yet; `None` before the first member.
	#[pallet::storage]
	pub type NextDue<T: Config> = StorageValue<_, BlockNumberFor<T>, OptionQuery>;

	/// The rules that hold before the administration has set any.
	#[pallet::type_value]
	pub fn FirstRules<T: Config>() -> RulesOf<T> {
		Rules {
			heartbeat_term: T::HeartbeatTerm::get(),
			suspend_at: T::SuspendStrikes::get(),
			exclude_at: T::MaxStrikes::get(),
			readmit_after: T::ReadmitAfter::get(),
			fatal: BoundedVec::truncate_from(alloc::vec![Fault::Deviates]),
			attest_term: T::AttestTerm::get(),
		}
	}

	/// What members are held to.
	#[pallet::storage]
	pub type CurrentRules<T: Config> = StorageValue<_, RulesOf<T>, ValueQuery, FirstRules<T>>;

	/// The last decision about each member.
	#[pallet::storage]
	pub type Rulings<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, RulingOf<T>, OptionQuery>;

	/// Digests of the evidence of the last reports about each member, oldest first.
	#[pallet::storage]
	pub type Reported<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, BoundedVec<Report, ConstU32<REMEMBERED>>, ValueQuery>;

	/// The guards that members are bound to, by member.
	#[pallet::storage]
	pub type Bonds<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, BondOf<T>, OptionQuery>;

	/// The members that guards are bound to, by guard.
	#[pallet::storage]
	pub type Guards<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A machine joined.
		Joined { account: T::AccountId, region: RegionId },
		/// A machine was classed, in place of the class that it had.
		Classified { account: T::AccountId, class: ClassName },
		/// A machine was heard of.
		Heartbeat { account: T::AccountId, report: Report },
		/// A machine has to answer.
		Challenged { account: T::AccountId, seed: T::Hash, deadline: BlockNumberFor<T> },
		/// A machine has answered.
		Answered { account: T::AccountId, answer: Report },
		/// The answer was right: all strikes of an active machine are cleared.
		Passed { account: T::AccountId },
		/// A machine got a strike; with the digest of the evidence where a main gatekeeper reported it.
		Struck { account: T::AccountId, fault: Fault, strikes: u32, evidence: Option<Report> },
		/// A machine leaves.
		Leaving { account: T::AccountId, until: BlockNumberFor<T> },
		/// A machine has left, and its collateral is free.
		Left { account: T::AccountId },
		/// A machine was excluded and lost its collateral.
		Excluded { account: T::AccountId, slashed: BalanceOf<T> },
		/// A machine was suspended, re-admitted or excluded, and why.
		Decided { account: T::AccountId, decision: Decision, because: ReasonOf<T> },
		/// From now on members are held to these rules.
		RulesSet { rules: RulesOf<T> },
		/// A machine has named its guard.
		GuardBound { account: T::AccountId, guard: T::AccountId },
		/// A guard has attested what its machine is, as an answer to this block.
		Attested { account: T::AccountId, block: BlockNumberFor<T>, manifest: Report, intact: bool },
		/// What a machine has to be was set, by a main gatekeeper or, where nobody is named, by its guard's first
		/// attestation.
		ManifestSet { account: T::AccountId, old: Option<Report>, new: Report, by: Option<T::AccountId> },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account is no gatekeeper in good standing.
		NotAGatekeeper,
		/// The account is no main gatekeeper of the member's region.
		NotTheMainGatekeeper,
		/// The account is a member already, or was excluded as one.
		AlreadyMember,
		/// The account is no member.
		NotAMember,
		/// The member leaves, is excluded or, for what only an active one may, suspended.
		NotActive,
		/// The member doesn't leave.
		NotLeaving,
		/// Not enough blocks have gone by.
		TooEarly,
		/// A class is a label of 32 bytes at most.
		InvalidClass,
		/// The member has a challenge that isn't answered or, for another one, judged yet.
		ChallengeOpen,
		/// The member has no challenge that waits for this.
		NoChallenge,
		/// The deadline has gone by.
		TooLate,
		/// The chain sees such a fault itself.
		NotReportable,
		/// This evidence was reported before.
		AlreadyReported,
		/// A term is longer than the gap between two heartbeats and no longer than a machine takes to leave; strikes go
		/// from 1 to 1,000, and exclude no earlier than they suspend; 1 to 10,000 heartbeats re-admit.
		InvalidRules,
		/// The member has named its guard before.
		AlreadyBound,
		/// The key is the guard of a machine, or of a machine itself.
		GuardTaken,
		/// The account is no machine's guard.
		NotAGuard,
		/// The member has no guard.
		NotBound,
		/// The block is not newer than the one that was attested last.
		AlreadyAttested,
		/// The block is unknown, or too old for an attestation.
		NotRecent,
		/// The proof is not of this block, machine, manifest and verdict.
		WrongProof,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(now: BlockNumberFor<T>, remaining: Weight) -> Weight {
			Self::sweep(now, remaining)
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			assert!(Self::ensure_valid(&FirstRules::<T>::get()).is_ok(), "nobody could set the first rules");
			let known = <T as frame_system::Config>::BlockHashCount::get();
			assert!(T::AttestWindow::get() <= known, "nobody knows the blocks that could be attested");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_block: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Makes the signer's machine a member of the region that it is a gatekeeper of. Its collateral is held.
		///
		/// Fails with `NotAGatekeeper`, `AlreadyMember`, or the currency's error when the collateral can't be held.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::join())]
		pub fn join(origin: OriginFor<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let now = Self::now();
			Self::enter(account)?;
			NextDue::<T>::mutate(|next| *next = next.or(Some(now)));
			Ok(())
		}

		/// Classes an active member. The signer is a main gatekeeper of its region.
		///
		/// Fails with `NotAMember`, `NotActive`, `NotTheMainGatekeeper` or `InvalidClass`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::classify())]
		pub fn classify(origin: OriginFor<T>, account: T::AccountId, class: ClassName) -> DispatchResult {
			let by = ensure_signed(origin)?;
			let member = Self::active(&account)?;
			Self::ensure_main(&by, &member.region)?;
			ensure!(is_label(&class), Error::<T>::InvalidClass);
			Members::<T>::insert(&account, Member { class: Some(class.clone()), ..member });
			Self::deposit_event(Event::Classified { account, class });
			Ok(())
		}

		/// Tells that the signer's machine is there, and the digest of what it found of itself. It costs no fee when it
		/// is taken. A suspended machine is re-admitted by enough of them.
		///
		/// Fails with `NotAMember`, `NotActive`, `NotAGatekeeper` or `TooEarly`.
		#[pallet::call_index(2)]
		#[pallet::weight((T::WeightInfo::heartbeat(), DispatchClass::Normal))]
		pub fn heartbeat(origin: OriginFor<T>, report: Report) -> DispatchResultWithPostInfo {
			let account = ensure_signed(origin)?;
			let member = Self::present(&account)?;
			let standing = T::Registry::standing_of(&account);
			ensure!(standing.is_some_and(|standing| standing != Standing::Excluded), Error::<T>::NotAGatekeeper);
			let now = Self::now();
			ensure!(now >= member.seen.saturating_add(T::HeartbeatGap::get()), Error::<T>::TooEarly);
			Self::expect_no_heartbeat(&account, &member);
			let member = Member { seen: now, due: Self::next_deadline(), report, ..member };
			Self::expect_heartbeat(&account, &member);
			Self::deposit_event(Event::Heartbeat { account: account.clone(), report });
			let member = Self::count_clean(&account, member);
			Members::<T>::insert(&account, member);
			Ok(Pays::No.into())
		}

		/// Asks an active or suspended member a question, made from a seed of the chain. The signer is a main
		/// gatekeeper of its region.
		///
		/// Fails with `NotAMember`, `NotActive`, `NotTheMainGatekeeper` or `ChallengeOpen`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::challenge())]
		pub fn challenge(origin: OriginFor<T>, account: T::AccountId) -> DispatchResult {
			let by = ensure_signed(origin)?;
			let member = Self::present(&account)?;
			Self::ensure_main(&by, &member.region)?;
			ensure!(!Challenges::<T>::contains_key(&account), Error::<T>::ChallengeOpen);
			let now = Self::now();
			let deadline = now.saturating_add(T::ChallengeTerm::get());
			// The source may give one value for all of a block: each member has its own.
			let (drawn, _) = T::Randomness::random(&(b"drn", &account, now).encode());
			let seed = T::Hashing::hash_of(&(drawn, &account, now));
			Challenges::<T>::insert(&account, Challenge { seed, deadline, answer: None });
			Due::<T>::insert(deadline, (&account, Wait::Answer), ());
			Self::deposit_event(Event::Challenged { account, seed, deadline });
			Ok(())
		}

		/// Answers the challenge of the signer's machine.
		///
		/// Fails with `NoChallenge` or `TooLate`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::respond())]
		pub fn respond(origin: OriginFor<T>, answer: Report) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let challenge = Challenges::<T>::get(&account).ok_or(Error::<T>::NoChallenge)?;
			ensure!(challenge.answer.is_none(), Error::<T>::NoChallenge);
			ensure!(Self::now() <= challenge.deadline, Error::<T>::TooLate);
			Due::<T>::remove(challenge.deadline, (&account, Wait::Answer));
			Challenges::<T>::insert(&account, Challenge { answer: Some(answer), ..challenge });
			Self::deposit_event(Event::Answered { account, answer });
			Ok(())
		}

		/// Judges the answer to a challenge. A right one clears the strikes of an active member, and counts towards the
		/// re-admission of a suspended one. The signer is a main gatekeeper of the member's region.
		///
		/// Fails with `NotAMember`, `NotActive`, `NotTheMainGatekeeper` or `NoChallenge`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::judge())]
		pub fn judge(origin: OriginFor<T>, account: T::AccountId, right: bool) -> DispatchResult {
			let by = ensure_signed(origin)?;
			let member = Self::present(&account)?;
			Self::ensure_main(&by, &member.region)?;
			let challenge = Challenges::<T>::get(&account).ok_or(Error::<T>::NoChallenge)?;
			ensure!(challenge.answer.is_some(), Error::<T>::NoChallenge);
			Challenges::<T>::remove(&account);
			if right {
				Self::deposit_event(Event::Passed { account: account.clone() });
				let strikes = if member.state == State::Active { 0 } else { member.strikes };
				let member = Self::count_clean(&account, Member { strikes, ..member });
				Members::<T>::insert(&account, member);
			} else {
				Self::strike(&account, member, Fault::Wrong, None);
			}
			Ok(())
		}

		/// Begins to take the signer's machine off. Its collateral is free after a term.
		///
		/// Fails with `NotAMember`, `NotActive` or `ChallengeOpen`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::leave())]
		pub fn leave(origin: OriginFor<T>) -> DispatchResult {
			Self::begin_leave(ensure_signed(origin)?)
		}

		/// Gives the signer its collateral back, once its machine has left.
		///
		/// Fails with `NotAMember`, `NotLeaving` or `TooEarly`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>) -> DispatchResult {
			Self::finish_leave(ensure_signed(origin)?)
		}

		/// Excludes a member that is active, suspended or leaves. The origin is the administration, or a main
		/// gatekeeper of its region.
		///
		/// Fails with `NotAMember`, `NotActive` or `NotTheMainGatekeeper`.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::exclude())]
		pub fn exclude(origin: OriginFor<T>, account: T::AccountId) -> DispatchResult {
			let by = match T::AdminOrigin::try_origin(origin) {
				Ok(_) => None,
				Err(origin) => Some(ensure_signed(origin)?),
			};
			let member = Members::<T>::get(&account).ok_or(Error::<T>::NotAMember)?;
			ensure!(member.state != State::Excluded, Error::<T>::NotActive);
			if let Some(by) = &by {
				Self::ensure_main(by, &member.region)?;
			}
			Self::cast_out(&account, member, Reason::Ordered { by });
			Ok(())
		}

		/// Reports a fault that the chain can't see, with the digest of its evidence: a strike. The signer is a main
		/// gatekeeper of the member's region.
		///
		/// Fails with `NotAMember`, `NotActive`, `NotTheMainGatekeeper`, `NotReportable` or `AlreadyReported`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::report())]
		pub fn report(origin: OriginFor<T>, account: T::AccountId, fault: Fault, evidence: Report) -> DispatchResult {
			let by = ensure_signed(origin)?;
			let member = Self::present(&account)?;
			Self::ensure_main(&by, &member.region)?;
			ensure!(fault.is_reported(), Error::<T>::NotReportable);
			Self::remember(&account, evidence)?;
			Self::strike(&account, member, fault, Some(evidence));
			Ok(())
		}

		/// Sets the rules that members are held to.
		///
		/// Fails with `InvalidRules`.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::set_rules())]
		pub fn set_rules(origin: OriginFor<T>, rules: RulesOf<T>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::ensure_valid(&rules)?;
			CurrentRules::<T>::put(&rules);
			Self::deposit_event(Event::RulesSet { rules });
			Ok(())
		}

		/// Names the key of the guard of the signer's machine: once in its membership. Attestations are waited for from
		/// now on.
		///
		/// Fails with `NotAMember`, `NotActive`, `AlreadyBound` or `GuardTaken`.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::bind_guard())]
		pub fn bind_guard(origin: OriginFor<T>, guard: T::AccountId) -> DispatchResult {
			Self::bind(ensure_signed(origin)?, guard)
		}

		/// Attests what the machine is that the signer guards: the digest of what it has to be (its manifest), and
		/// whether it is that. `proof` is [`Pallet::attestation_proof`] for the hash of `block`, one of the last. It
		/// costs no fee when it is taken. The first one records the manifest; one that is not intact, or of a manifest
		/// that isn't on record, shows that the machine deviates.
		///
		/// Fails with `NotAGuard`, `NotActive`, `NotAGatekeeper`, `AlreadyAttested`, `NotRecent`, `WrongProof` or
		/// `TooEarly`.
		#[pallet::call_index(12)]
		#[pallet::weight((T::WeightInfo::attest(), DispatchClass::Normal))]
		pub fn attest(
			origin: OriginFor<T>,
			block: BlockNumberFor<T>,
			manifest: Report,
			intact: bool,
			proof: Report,
		) -> DispatchResultWithPostInfo {
			Self::take_attestation(&ensure_signed(origin)?, block, manifest, intact, proof)?;
			Ok(Pays::No.into())
		}

		/// Sets what a machine has to be. What it had to be before is taken for one more term, and until that is over
		/// only that can be set. The signer is a main gatekeeper of its region.
		///
		/// Fails with `NotAMember`, `NotActive`, `NotTheMainGatekeeper`, `NotBound` or `TooEarly`.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::set_manifest())]
		pub fn set_manifest(origin: OriginFor<T>, account: T::AccountId, manifest: Report) -> DispatchResult {
			let by = ensure_signed(origin)?;
			let member = Self::present(&account)?;
			Self::ensure_main(&by, &member.region)?;
			let bond = Bonds::<T>::get(&account).ok_or(Error::<T>::NotBound)?;
			let now = Self::now();
			// A machine that is still on its way to the one may not be caught by the next.
			let is_settled = bond.former.is_none_or(|(former, until)| until < now || former == manifest);
			ensure!(is_settled, Error::<T>::TooEarly);
			Self::record_manifest(&account, bond, manifest, Some(by));
			Ok(())
		}
	}
}
