//! Attestations: what a machine's guard vouches for, against a block that nobody knew before.

use crate::{
	types::{Bond, Fault, Report, Wait},
	BondOf, Bonds, Config, CurrentRules, Due, Error, Event, Guards, Members, Pallet,
};
use codec::Encode;
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get, Blake2_256, StorageHasher};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_scl::{GatekeeperRegistry, Standing};
use sp_runtime::traits::Saturating;

impl<T: Config> Pallet<T> {
	/// What proves an attestation: it can't be made before the hash of the block is known.
	pub fn attestation_proof(challenge: T::Hash, account: &T::AccountId, manifest: Report, intact: bool) -> Report {
		Blake2_256::hash(&(challenge, account, manifest, intact).encode())
	}

	/// Names the key of a machine's guard, from which attestations are waited for from now on.
	pub(crate) fn bind(account: T::AccountId, guard: T::AccountId) -> DispatchResult {
		Self::present(&account)?;
		ensure!(!Bonds::<T>::contains_key(&account), Error::<T>::AlreadyBound);
		let is_machine = guard == account || Members::<T>::contains_key(&guard);
		ensure!(!is_machine && !Guards::<T>::contains_key(&guard), Error::<T>::GuardTaken);
		let now = Self::now();
		let due = Self::next_attestation();
		let bond =
			Bond { guard: guard.clone(), manifest: None, former: None, attested: now, seen: now, due, missed: false };
		Due::<T>::insert(due, (&account, Wait::Attestation), ());
		Guards::<T>::insert(&guard, &account);
		Bonds::<T>::insert(&account, bond);
		Self::deposit_event(Event::GuardBound { account, guard });
		Ok(())
	}

	/// Takes what a guard attests. A deviation is a fault, for which the proof is the evidence.
	pub(crate) fn take_attestation(
		guard: &T::AccountId,
		block: BlockNumberFor<T>,
		manifest: Report,
		intact: bool,
		proof: Report,
	) -> DispatchResult {
		let account = Guards::<T>::get(guard).ok_or(Error::<T>::NotAGuard)?;
		let bond = Bonds::<T>::get(&account).ok_or(Error::<T>::NotAGuard)?;
		let member = Self::present(&account)?;
		let standing = T::Registry::standing_of(&account);
		ensure!(standing.is_some_and(|standing| standing != Standing::Excluded), Error::<T>::NotAGatekeeper);
		ensure!(block > bond.attested, Error::<T>::AlreadyAttested);
		let challenge = Self::recent_hash(block).ok_or(Error::<T>::NotRecent)?;
		ensure!(proof == Self::attestation_proof(challenge, &account, manifest, intact), Error::<T>::WrongProof);
		let now = Self::now();
		let good = intact && bond.takes(manifest, now);
		// Bad news is never too early.
		ensure!(!good || now >= bond.seen.saturating_add(T::HeartbeatGap::get()), Error::<T>::TooEarly);

		Self::deposit_event(Event::Attested { account: account.clone(), block, manifest, intact });
		let bond = Bond { attested: block, seen: now, missed: false, ..Self::renewed(&account, bond) };
		if good && bond.manifest.is_none() {
			Self::record_manifest(&account, bond, manifest, None);
		} else {
			Bonds::<T>::insert(&account, bond);
		}
		if !good {
			Self::strike(&account, member, Fault::Deviates, Some(proof));
		}
		Ok(())
	}

	/// Stores a bond with another manifest; the one before is taken for one more term.
	pub(crate) fn record_manifest(
		account: &T::AccountId,
		bond: BondOf<T>,
		manifest: Report,
		by: Option<T::AccountId>,
	) {
		let (old, until) = (bond.manifest, Self::next_attestation());
		let former = old.filter(|old| *old != manifest).map(|old| (old, until));
		Bonds::<T>::insert(account, Bond { manifest: Some(manifest), former, ..bond });
		Self::deposit_event(Event::ManifestSet { account: account.clone(), old, new: manifest, by });
	}

	/// An attestation that didn't come is a fault, and the next is waited for.
	pub(crate) fn miss_attestation(account: &T::AccountId) {
		let (Some(member), Some(bond)) = (Members::<T>::get(account), Bonds::<T>::get(account)) else { return };
		Bonds::<T>::insert(account, Bond { missed: true, ..Self::renewed(account, bond) });
		Self::strike(account, member, Fault::Unattested, None);
	}

	/// Whether the last attestation that was waited for didn't come.
	pub(crate) fn is_unattested(account: &T::AccountId) -> bool {
		Bonds::<T>::get(account).is_some_and(|bond| bond.missed)
	}

	/// Waits for no attestation of a machine any more.
	pub(crate) fn expect_no_attestation(account: &T::AccountId) {
		if let Some(bond) = Bonds::<T>::get(account) {
			Due::<T>::remove(bond.due, (account, Wait::Attestation));
		}
	}

	/// Forgets the guard of a machine that has left.
	pub(crate) fn unbind(account: &T::AccountId) {
		if let Some(bond) = Bonds::<T>::take(account) {
			Guards::<T>::remove(bond.guard);
		}
	}

	/// The bond, whose next attestation is waited for from this block on.
	fn renewed(account: &T::AccountId, bond: BondOf<T>) -> BondOf<T> {
		Due::<T>::remove(bond.due, (account, Wait::Attestation));
		let due = Self::next_attestation();
		Due::<T>::insert(due, (account, Wait::Attestation), ());
		Bond { due, ..bond }
	}

	/// Last block in which the attestation after one of this block is in time.
	fn next_attestation() -> BlockNumberFor<T> {
		Self::now().saturating_add(CurrentRules::<T>::get().attest_term)
	}

	/// Hash of a block before this one that is no older than an attestation may be.
	fn recent_hash(block: BlockNumberFor<T>) -> Option<T::Hash> {
		let now = Self::now();
		let recent = block < now && now.saturating_sub(block) <= T::AttestWindow::get();
		let hash = frame_system::Pallet::<T>::block_hash(block);
		(recent && hash != T::Hash::default()).then_some(hash)
	}
}
