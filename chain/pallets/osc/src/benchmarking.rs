//! What the pallet's work costs at its worst.

use crate::*;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::EnsureOrigin,
	weights::{Weight, WeightMeter},
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::{One, Saturating};

const REFUSED: BenchmarkError = BenchmarkError::Stop("the set-up was refused");

fn owner<T: Config>() -> T::AccountId {
	account("owner", 0, 0)
}

fn id(number: u32) -> TicketId {
	let mut id = [7; 32];
	id[..4].copy_from_slice(&number.to_le_bytes());
	id
}

fn now<T: Config>() -> BlockNumberFor<T> {
	frame_system::Pallet::<T>::block_number()
}

/// The first block: what is measured happens in it, whatever block the set-up is in.
fn deadline<T: Config>() -> BlockNumberFor<T> {
	One::one()
}

fn submitted<T: Config>(number: u32) -> Result<(), BenchmarkError> {
	Pallet::<T>::submit(&owner::<T>(), id(number), deadline::<T>(), [1; 32]).map_err(|_| REFUSED)?;
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn submit() -> Result<(), BenchmarkError> {
		let done;
		#[block]
		{
			done = Pallet::<T>::submit(&owner::<T>(), id(0), deadline::<T>(), [1; 32]);
		}
		assert!(done.is_ok());
		Ok(())
	}

	#[benchmark]
	fn close() -> Result<(), BenchmarkError> {
		submitted::<T>(0)?;
		let done;
		#[block]
		{
			done = Pallet::<T>::close(&owner::<T>(), id(0), 1);
		}
		assert!(done.is_ok());
		Ok(())
	}

	#[benchmark]
	fn forget() -> Result<(), BenchmarkError> {
		submitted::<T>(0)?;
		frame_system::Pallet::<T>::set_block_number(deadline::<T>().saturating_add(One::one()));
		let done;
		#[block]
		{
			done = Pallet::<T>::forget(&owner::<T>(), id(0));
		}
		assert!(done.is_ok());
		Ok(())
	}

	#[benchmark]
	fn ticket() -> Result<(), BenchmarkError> {
		submitted::<T>(0)?;
		let found;
		#[block]
		{
			found = Pallet::<T>::ticket(&owner::<T>(), &id(0));
		}
		assert!(found.is_some());
		Ok(())
	}

	#[benchmark]
	fn expire() -> Result<(), BenchmarkError> {
		submitted::<T>(0)?;
		let deadline = deadline::<T>();
		#[block]
		{
			Pallet::<T>::expire_all(deadline, &mut WeightMeter::new());
		}
		assert!(Due::<T>::iter().next().is_none());
		Ok(())
	}

	#[benchmark]
	fn next_block() -> Result<(), BenchmarkError> {
		let first = now::<T>();
		NextDue::<T>::put(first);
		let next = first.saturating_add(One::one());
		#[block]
		{
			Pallet::<T>::sweep(next, Weight::MAX);
		}
		assert_eq!(NextDue::<T>::get(), Some(next));
		Ok(())
	}

	#[benchmark]
	fn clear(n: Linear<0, 1_000>) -> Result<(), BenchmarkError> {
		for number in 0..n {
			submitted::<T>(number)?;
		}
		let origin = T::AdminOrigin::try_successful_origin().unwrap_or(RawOrigin::Root.into());
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, owner::<T>(), n);
		assert!(Tickets::<T>::iter_prefix(owner::<T>()).next().is_none());
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_chain(), crate::mock::Test);
}
