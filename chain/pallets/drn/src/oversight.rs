//! What follows from faults, and from their absence, by the rules that the chain holds.

use crate::{
	types::{Decision, Fault, Member, Reason, Report, Ruling, State, MOST_CLEAN, MOST_STRIKES},
	Config, CurrentRules, Error, Event, MemberOf, Members, Pallet, ReasonOf, Reported, Rulings, RulesOf, REMEMBERED,
};
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_scl::GatekeeperRegistry;

impl<T: Config> Pallet<T> {
	/// Notes a fault, and suspends or excludes the member if the rules say so. That a suspended one isn't heard of is no
	/// strike. Returns the member as it is after it.
	pub(crate) fn strike(
		account: &T::AccountId,
		member: MemberOf<T>,
		fault: Fault,
		evidence: Option<Report>,
	) -> MemberOf<T> {
		if member.state == State::Suspended && fault.is_absence() {
			// It may not act as it is, and lets nobody down: it only is no nearer to its way back.
			let member = Member { clean: 0, ..member };
			Members::<T>::insert(account, &member);
			return member;
		}
		let rules = CurrentRules::<T>::get();
		let strikes = member.strikes.saturating_add(1);
		Self::deposit_event(Event::Struck { account: account.clone(), fault, strikes, evidence });
		let member = Member { strikes, clean: 0, ..member };
		let counted = |limit| Reason::Strikes { fault, strikes, limit, evidence };
		if rules.fatal.contains(&fault) {
			return Self::cast_out(account, member, Reason::Fatal { fault, evidence });
		}
		if strikes >= rules.exclude_at {
			return Self::cast_out(account, member, counted(rules.exclude_at));
		}
		if strikes >= rules.suspend_at && member.state == State::Active {
			return Self::suspend(account, member, counted(rules.suspend_at));
		}
		Members::<T>::insert(account, &member);
		member
	}

	fn suspend(account: &T::AccountId, member: MemberOf<T>, because: ReasonOf<T>) -> MemberOf<T> {
		let member = Member { state: State::Suspended, ..member };
		Members::<T>::insert(account, &member);
		T::Registry::suspend(account);
		Self::rule(account, Decision::Suspended, because);
		member
	}

	/// Counts a heartbeat or a right answer of a suspended member, and re-admits it when they are enough and its guard
	/// has attested since it last failed to. That takes one strike off. Returns the member as it is to be stored.
	pub(crate) fn count_clean(account: &T::AccountId, member: MemberOf<T>) -> MemberOf<T> {
		if member.state != State::Suspended {
			return member;
		}
		let (clean, limit) = (member.clean.saturating_add(1), CurrentRules::<T>::get().readmit_after);
		if clean < limit || Self::is_unattested(account) {
			return Member { clean: clean.min(limit), ..member };
		}
		T::Registry::readmit(account);
		Self::rule(account, Decision::Readmitted, Reason::Clean { clean, limit });
		Member { state: State::Active, strikes: member.strikes.saturating_sub(1), clean: 0, ..member }
	}

	/// Makes a decision known, and keeps it.
	pub(crate) fn rule(account: &T::AccountId, decision: Decision, because: ReasonOf<T>) {
		let at = Self::now();
		Rulings::<T>::insert(account, Ruling { decision, because: because.clone(), at });
		Self::deposit_event(Event::Decided { account: account.clone(), decision, because });
	}

	/// Notes a report's evidence; the oldest is forgotten where there are too many.
	pub(crate) fn remember(account: &T::AccountId, evidence: Report) -> DispatchResult {
		Reported::<T>::try_mutate(account, |known| {
			ensure!(!known.contains(&evidence), Error::<T>::AlreadyReported);
			if known.len() >= REMEMBERED as usize {
				known.remove(0);
			}
			known.try_push(evidence).map_err(|_| Error::<T>::AlreadyReported.into())
		})
	}

	/// Checks that rules are ones that members can keep.
	pub(crate) fn ensure_valid(rules: &RulesOf<T>) -> DispatchResult {
		let keeps = |term: BlockNumberFor<T>| term > T::HeartbeatGap::get() && term <= T::UnbondingTerm::get();
		let term = keeps(rules.heartbeat_term) && keeps(rules.attest_term);
		let strikes = 0 < rules.suspend_at && rules.suspend_at <= rules.exclude_at && rules.exclude_at <= MOST_STRIKES;
		let clean = (1..=MOST_CLEAN).contains(&rules.readmit_after);
		ensure!(term && strikes && clean, Error::<T>::InvalidRules);
		Ok(())
	}
}
