//! Holds members to their deadlines, in blocks that have time left.

use crate::{
	types::{Fault, Member, State, Wait},
	Challenges, Config, Due, Members, NextDue, Pallet, WeightInfo,
};
use frame_support::weights::{Weight, WeightMeter};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{One, Saturating};

impl<T: Config> Pallet<T> {
	/// Strikes the members whose deadlines are over, oldest first, for as long as the weight lasts. Returns what was
	/// used.
	pub(crate) fn sweep(now: BlockNumberFor<T>, limit: Weight) -> Weight {
		let mut meter = WeightMeter::with_limit(limit);
		if meter.try_consume(T::WeightInfo::next_block()).is_err() {
			return meter.consumed();
		}
		let Some(first) = NextDue::<T>::get() else { return meter.consumed() };
		let mut deadline = first;
		while deadline < now && Self::pass(deadline, &mut meter) {
			deadline = deadline.saturating_add(One::one());
			if meter.try_consume(T::WeightInfo::next_block()).is_err() {
				break;
			}
		}
		if deadline != first {
			NextDue::<T>::put(deadline);
		}
		meter.consumed()
	}

	/// Returns whether all that was due in the block is dealt with; `false` when the weight was used up before.
	pub(crate) fn pass(deadline: BlockNumberFor<T>, meter: &mut WeightMeter) -> bool {
		for (account, wait) in Due::<T>::iter_key_prefix(deadline) {
			if meter.try_consume(T::WeightInfo::miss()).is_err() {
				return false;
			}
			Due::<T>::remove(deadline, (&account, wait));
			match wait {
				Wait::Heartbeat => Self::miss_heartbeat(&account),
				Wait::Answer => Self::miss_answer(&account),
				Wait::Attestation => Self::miss_attestation(&account),
			}
		}
		true
	}

	/// A silent member has another term from now on, or is out.
	fn miss_heartbeat(account: &T::AccountId) {
		let Some(member) = Members::<T>::get(account) else { return };
		let silent = Member { seen: Self::now(), due: Self::next_deadline(), ..member };
		let member = Self::strike(account, silent, Fault::Silent, None);
		if member.state != State::Excluded {
			Self::expect_heartbeat(account, &member);
		}
	}

	fn miss_answer(account: &T::AccountId) {
		Challenges::<T>::remove(account);
		let Some(member) = Members::<T>::get(account) else { return };
		Self::strike(account, member, Fault::Unanswered, None);
	}
}
