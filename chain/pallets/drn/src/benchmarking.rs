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
use sp_runtime::traits::{Hash, One, Saturating};

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

/// The key of the guard that a member is bound to.
fn bound<T: Config>(member: &T::AccountId) -> Result<T::AccountId, BenchmarkError> {
	let guard: T::AccountId = account("guard", 0, 0);
	Pallet::<T>::bind_guard(RawOrigin::Signed(member.clone()).into(), guard.clone())?;
	Ok(guard)
}

/// Waits until an attestation may answer a block. Gives the block and the proof that the machine deviates.
fn deviation<T: Config>(member: &T::AccountId) -> (BlockNumberFor<T>, Report) {
	let block = frame_system::Pallet::<T>::block_number().saturating_add(One::one());
	let hash = T::Hashing::hash_of(&block);
	frame_system::BlockHash::<T>::insert(block, hash);
	skip::<T>(T::AttestWindow::get());
	(block, Pallet::<T>::attestation_proof(hash, member, [7; 32], false))
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
		bound::<T>(&account)?;
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
		bound::<T>(&account)?;
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
		bound::<T>(&account)?;
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
		bound::<T>(&account)?;
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
		bound::<T>(&account)?;
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
		bound::<T>(&account)?;
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

	#[benchmark]
	fn bind_guard() -> Result<(), BenchmarkError> {
		let account = member::<T>()?;
		let guard: T::AccountId = frame_benchmarking::account("guard", 0, 0);
		#[extrinsic_call]
		_(RawOrigin::Signed(account.clone()), guard);
		assert!(Bonds::<T>::contains_key(&account));
		Ok(())
	}

	/// The machine deviates, and is excluded with an open challenge.
	#[benchmark]
	fn attest() -> Result<(), BenchmarkError> {
		let account = member_at_the_brink::<T>()?;
		let guard = bound::<T>(&account)?;
		super::challenge::<T>(&account)?;
		let (block, proof) = deviation::<T>(&account);
		#[extrinsic_call]
		_(RawOrigin::Signed(guard), block, [7; 32], false, proof);
		assert!(Members::<T>::get(&account).is_some_and(|member| member.state == State::Excluded));
		Ok(())
	}

	#[benchmark]
	fn set_manifest() -> Result<(), BenchmarkError> {
		let (account, main) = (member::<T>()?, main::<T>());
		bound::<T>(&account)?;
		Pallet::<T>::set_manifest(RawOrigin::Signed(main.clone()).into(), account.clone(), [6; 32])?;
		#[extrinsic_call]
		_(RawOrigin::Signed(main), account.clone(), [7; 32]);
		assert_eq!(Bonds::<T>::get(&account).and_then(|bond| bond.manifest), Some([7; 32]));
		Ok(())
	}

	/// The guard of an active member, whose next strike excludes it, has attested nothing.
	#[benchmark]
	fn miss() -> Result<(), BenchmarkError> {
		let account = member_at_the_brink::<T>()?;
		bound::<T>(&account)?;
		super::challenge::<T>(&account)?;
		// Its other deadline may be in the same block.
		let _ = Due::<T>::clear(u32::MAX, None);
		let deadline = frame_system::Pallet::<T>::block_number().saturating_add(T::AttestTerm::get());
		Due::<T>::insert(deadline, (&account, Wait::Attestation), ());
		Members::<T>::mutate(&account, |member| {
			if let Some(member) = member {
				member.state = State::Active;
				member.clean = 0;
			}
		});
		skip::<T>(T::AttestTerm::get().saturating_add(One::one()));
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
