//! What each call costs at its worst.

use crate::*;
use frame_benchmarking::v2::*;
use frame_support::{
	assert_ok,
	traits::{
		fungible::{Inspect, Mutate},
		EnsureOrigin, Get,
	},
};
use frame_system::RawOrigin;
use sp_runtime::traits::Zero;

fn region<T: Config>() -> RegionId {
	alloc::vec![b'r'; 32].try_into().unwrap_or_default()
}

fn section<T: Config>() -> SectionName {
	let mut name = alloc::vec![b's'; 46];
	name.extend_from_slice(b"-section-999999999");
	name.try_into().unwrap_or_default()
}

fn admin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
	T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
}

fn register<T: Config>() -> Result<T::AccountId, BenchmarkError> {
	let address = T::ContractLookup::new_contract();
	let (region, section) = (region::<T>(), section::<T>());
	let origin = admin::<T>()?;
	Pallet::<T>::register_contract(origin, region, ContractKind::Privacy, section, 3, address.clone())?;
	Ok(address)
}

/// An account with the deposit, and a gatekeeper in good standing if so wanted.
fn account_with_deposit<T: Config>(registered: bool) -> Result<T::AccountId, BenchmarkError> {
	let caller: T::AccountId = whitelisted_caller();
	let amount = T::GatekeeperDeposit::get() + T::GatekeeperDeposit::get() + T::Currency::minimum_balance();
	T::Currency::mint_into(&caller, amount)?;
	if registered {
		Pallet::<T>::register_gatekeeper(RawOrigin::Signed(caller.clone()).into(), region::<T>())?;
	}
	Ok(caller)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// Takes a name that another contract has.
	#[benchmark]
	fn register_contract() -> Result<(), BenchmarkError> {
		let address = register::<T>()?;
		let origin = admin::<T>()?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, region::<T>(), ContractKind::Privacy, section::<T>(), 3, address.clone());
		assert!(Pallet::<T>::is_registered_contract(&address));
		Ok(())
	}

	#[benchmark]
	fn unregister_contract() -> Result<(), BenchmarkError> {
		let address = register::<T>()?;
		let origin = admin::<T>()?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, region::<T>(), ContractKind::Privacy, section::<T>());
		assert!(!Pallet::<T>::is_registered_contract(&address));
		Ok(())
	}

	#[benchmark]
	fn register_gatekeeper() -> Result<(), BenchmarkError> {
		let caller = account_with_deposit::<T>(false)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(caller.clone()), region::<T>());
		assert!(Pallet::<T>::is_gatekeeper(&caller));
		Ok(())
	}

	#[benchmark]
	fn leave_gatekeeper() -> Result<(), BenchmarkError> {
		let caller = account_with_deposit::<T>(true)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(caller.clone()));
		assert!(!Pallet::<T>::is_gatekeeper(&caller));
		Ok(())
	}

	/// Excludes a gatekeeper with a deposit.
	#[benchmark]
	fn set_gatekeeper() -> Result<(), BenchmarkError> {
		let account = account_with_deposit::<T>(true)?;
		let origin = admin::<T>()?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, account.clone(), region::<T>(), GatekeeperRole::Main, Standing::Excluded);
		assert!(Gatekeepers::<T>::get(&account).is_some_and(|record| record.deposit.is_zero()));
		Ok(())
	}

	/// Only the check: what the contract does is charged by the contracts pallet.
	#[benchmark]
	fn call_contract() -> Result<(), BenchmarkError> {
		let caller = account_with_deposit::<T>(true)?;
		let address = register::<T>()?;
		let checked;
		#[block]
		{
			checked = Pallet::<T>::ensure_may_call(&caller, &address);
		}
		assert_ok!(checked);
		Ok(())
	}

	/// The account is a contract, so that both registers are asked.
	#[benchmark]
	fn may_call() -> Result<(), BenchmarkError> {
		let address = register::<T>()?;
		let may;
		#[block]
		{
			may = Pallet::<T>::may_call(&address);
		}
		assert!(may);
		Ok(())
	}

	#[benchmark]
	fn contract_of() -> Result<(), BenchmarkError> {
		let address = register::<T>()?;
		let found;
		#[block]
		{
			found = Pallet::<T>::contract_of(&region::<T>(), ContractKind::Privacy, &section::<T>());
		}
		assert_eq!(found, Some(address));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_chain(alloc::vec::Vec::new()), crate::mock::Test);
}
