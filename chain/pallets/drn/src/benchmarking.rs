//! What each call costs at its worst.

use crate::*;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate},
		EnsureOrigin, Get,
	},
	weights::{Weight, WeightMeter},
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_scl::{GatekeeperRegistry, GatekeeperRole, RegionId};
use sp_runtime::traits::{One, Saturating};

fn region() -> RegionId {
	alloc::vec![b'r'; 32].try_into().unwrap_or_default()
}

/// A main gatekeeper.
fn main<T: Config>() -> T::AccountId {
	let account: T::AccountId = account("main", 0, 0);
	T::Registry::enter(&account, region(), GatekeeperRole::Main);
	account
}

/// A gatekeeper that can pay its collateral.
fn candidate<T: Config>() -> Result<T::AccountId, BenchmarkError> {
	let account: T::AccountId = account("member", 0, 0);
	T::Registry::enter(&account, region(), GatekeeperRole::Client);
	let amount = T::Collateral::get() + T::Collateral::get() + T::Currency::minimum_balance();
	T::Currency::mint_into(&account, amount)?;
	Ok(account)
}

fn member<T: Config>() -> Result<T::AccountId, BenchmarkError> {
	let account = candidate::<T>()?;
	Pallet::<T>::join(RawOrigin::Signed(account.clone()).into())?;
	Ok(account)
}

/// A member that was suspended and reported as often as is remembered, and whose next strike excludes it.
fn member_at_the_brink<T: Config>() -> Result<T::AccountId, BenchmarkError> {
	let account = suspended::<T>()?;
	Members::<T>::mutate(&account, |member| {
		if let Some(member) = member {
			member.strikes = T::MaxStrikes::get().saturating_sub(1);
		}
	});
	let reports = (0..REMEMBERED).map(|number| [number as u8; 32]).collect();
	Reported::<T>::insert(&account, frame_support::BoundedVec::truncate_from(reports));
	Ok(account)
}

/// A member that the rules have suspended.
fn suspended<T: Config>() -> Result<T::AccountId, BenchmarkError> {
	let account = member::<T>()?;
	T::Registry::suspend(&account);
	let because = Reason::Strikes { fault: Fault::Refused, strikes: 1, limit: 1, evidence: Some([1; 32]) };
	Pallet::<T>::rule(&account, Decision::Suspended, because);
	Members::<T>::mutate(&account, |member| {
		if let Some(member) = member {
			member.state = State::Suspended;
			member.clean = T::ReadmitAfter::get().saturating_sub(1);
		}
	});
	Ok(account)
}

fn skip<T: Config>(blocks: BlockNumberFor<T>) {
	let block = frame_system::Pallet::<T>::block_number().saturating_add(blocks);
	frame_system::Pallet::<T>::set_block_number(block);
}

fn challenge<T: Config>(account: &T::AccountId) -> Result<T::AccountId, BenchmarkError> {
	let main = main::<T>();
	Pallet::<T>::challenge(RawOrigin::Signed(main.clone()).into(), account.clone())?;
	Ok(main)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn join() -> Result<(), BenchmarkError> {
		let account = candidate::<T>()?;
		#[extrinsic_call]
		_(RawOrigin::Signed(account.clone()));
		assert!(Members::<T>::contains_key(&account));
		Ok(())
	}

	#[benchmark]
	fn classify() -> Result<(), BenchmarkError> {
		let (account, main) = (member::<T>()?, main::<T>());
		let class: ClassName = alloc::vec![b'c'; 32].try_into().unwrap_or_default();
		#[extrinsic_call]
		_(RawOrigin::Signed(main), account.clone(), class);
		assert!(Members::<T>::get(&account).is_some_and(|member| member.class.is_some()));
		Ok(())
	}

	/// It re-admits.
	#[benchmark]
	fn heartbeat() -> Result<(), BenchmarkError> {
		let account = suspended::<T>()?;
		skip::<T>(T::HeartbeatGap::get());
		#[extrinsic_call]
		_(RawOrigin::Signed(account.clone()), [7; 32]);
		assert!(Members::<T>::get(&account).is_some_and(|member| member.state == State::Active));
		Ok(())
	}

	#[benchmark]
	fn challenge() -> Result<(), BenchmarkError> {
		let (account, main) = (member::<T>()?, main::<T>());
		#[extrinsic_call]
		_(RawOrigin::Signed(main), account.clone());
		assert!(Challenges::<T>::contains_key(&account));
		Ok(())
	}

	#[benchmark]
	fn respond() -> Result<(), BenchmarkError> {
		let account = member::<T>()?;
		super::challenge::<T>(&account)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(account.clone()), [7; 32]);
		assert!(Challenges::<T>::get(&account).is_some_and(|open| open.answer.is_some()));
		Ok(())
	}

	/// The answer is wrong, and excludes.
	#[benchmark]
	fn judge() -> Result<(), BenchmarkError> {
		let account = member_at_the_brink::<T>()?;
		let main = super::challenge::<T>(&account)?;
		Pallet::<T>::respond(RawOrigin::Signed(account.clone()).into(), [7; 32])?;
		#[extrinsic_call]
		_(RawOrigin::Signed(main), account.clone(), false);
		assert!(Members::<T>::get(&account).is_some_and(|member| member.state == State::Excluded));
		Ok(())
	}

	#[benchmark]
	fn leave() -> Result<(), BenchmarkError> {
		let account = member::<T>()?;
		super::challenge::<T>(&account)?;
		Pallet::<T>::respond(RawOrigin::Signed(account.clone()).into(), [7; 32])?;
		#[extrinsic_call]
		_(RawOrigin::Signed(account.clone()));
		assert!(Members::<T>::get(&account).is_some_and(|member| member.state != State::Active));
		Ok(())
	}

	#[benchmark]
	fn withdraw() -> Result<(), BenchmarkError> {
		let account = member::<T>()?;
		Pallet::<T>::leave(RawOrigin::Signed(account.clone()).into())?;
		skip::<T>(T::UnbondingTerm::get());
		#[extrinsic_call]
		_(RawOrigin::Signed(account.clone()));
		assert!(!Members::<T>::contains_key(&account));
		Ok(())
	}

	/// The member has an open challenge.
	#[benchmark]
	fn exclude() -> Result<(), BenchmarkError> {
		let account = member::<T>()?;
		super::challenge::<T>(&account)?;
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, account.clone());
		assert!(Members::<T>::get(&account).is_some_and(|member| member.state == State::Excluded));
		Ok(())
	}

	/// The member is excluded, and has an open challenge.
	#[benchmark]
	fn report() -> Result<(), BenchmarkError> {
		let account = member_at_the_brink::<T>()?;
		let main = super::challenge::<T>(&account)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(main), account.clone(), Fault::Refused, [77; 32]);
		assert!(Members::<T>::get(&account).is_some_and(|member| member.state == State::Excluded));
		Ok(())
	}

	#[benchmark]
	fn set_rules() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let rules = Rules { readmit_after: MOST_CLEAN, ..CurrentRules::<T>::get() };
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, rules);
		assert_eq!(CurrentRules::<T>::get().readmit_after, MOST_CLEAN);
		Ok(())
	}

	/// A member was silent once too often.
	#[benchmark]
	fn miss() -> Result<(), BenchmarkError> {
		let account = member_at_the_brink::<T>()?;
		let deadline = frame_system::Pallet::<T>::block_number().saturating_add(T::HeartbeatTerm::get());
		skip::<T>(T::HeartbeatTerm::get().saturating_add(One::one()));
		#[block]
		{
			Pallet::<T>::pass(deadline, &mut WeightMeter::new());
		}
		assert!(Members::<T>::get(&account).is_some_and(|member| member.state == State::Excluded));
		Ok(())
	}

	#[benchmark]
	fn next_block() -> Result<(), BenchmarkError> {
		let first = frame_system::Pallet::<T>::block_number();
		NextDue::<T>::put(first);
		let next = first.saturating_add(One::one());
		#[block]
		{
			Pallet::<T>::sweep(next, Weight::MAX);
		}
		assert_eq!(NextDue::<T>::get(), Some(next));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_chain(), crate::mock::Test);
}
