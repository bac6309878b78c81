//! What the pallet's work costs at its worst.

use crate::*;
use alloc::{format, vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::traits::{EnsureOrigin, Get};

const REFUSED: BenchmarkError = BenchmarkError::Stop("the set-up was refused");

fn owner<T: Config>() -> T::AccountId {
	account("owner", 0, 0)
}

fn member<T: Config>(number: u32) -> T::AccountId {
	account("member", number, 0)
}

fn key(kind: u8, number: u32) -> PublicKey {
	let mut key = [kind; 32];
	key[..4].copy_from_slice(&number.to_le_bytes());
	key
}

fn sealed() -> Vec<u8> {
	vec![7; MAX_SEALED_BYTES as usize]
}

/// A name of the longest kind.
fn role_name(number: u32) -> Vec<u8> {
	format!("{number:0>width$}", width = MAX_ROLE_BYTES as usize).into_bytes()
}

fn value_name() -> Vec<u8> {
	vec![b'n'; MAX_NAME_BYTES as usize]
}

fn copy<T: Config>(number: u32) -> MemberCopy<T::AccountId> {
	MemberCopy { member: member::<T>(number), member_key: key(1, number), secret: sealed() }
}

/// A role with so many members.
fn role_with<T: Config>(members: u32) -> Result<(), BenchmarkError> {
	Pallet::<T>::create_role(&owner::<T>(), role_name(0), key(2, 0)).map_err(|_| REFUSED)?;
	for number in 0..members {
		Pallet::<T>::enrol(&owner::<T>(), member::<T>(number), key(1, number)).map_err(|_| REFUSED)?;
		Pallet::<T>::grant(&owner::<T>(), role_name(0), 1, copy::<T>(number)).map_err(|_| REFUSED)?;
	}
	Ok(())
}

/// Roles without members, and a copy for each.
fn copies<T: Config>(count: u32) -> Result<Vec<NewCopy>, BenchmarkError> {
	(0..count)
		.map(|number| {
			Pallet::<T>::create_role(&owner::<T>(), role_name(number), key(2, number)).map_err(|_| REFUSED)?;
			Ok(NewCopy { role: role_name(number), epoch: 1, key: sealed() })
		})
		.collect()
}

fn body() -> NewBody {
	NewBody::Inline(vec![7; MAX_BODY_BYTES as usize])
}

fn stored_value<T: Config>(copies: Vec<NewCopy>) -> Result<(), BenchmarkError> {
	Pallet::<T>::put(&owner::<T>(), value_name(), 0, body(), copies).map_err(|_| REFUSED)?;
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn enrol() -> Result<(), BenchmarkError> {
		let done;
		#[block]
		{
			done = Pallet::<T>::enrol(&owner::<T>(), member::<T>(0), key(1, 0));
		}
		assert!(done.is_ok());
		Ok(())
	}

	#[benchmark]
	fn create_role() -> Result<(), BenchmarkError> {
		let done;
		#[block]
		{
			done = Pallet::<T>::create_role(&owner::<T>(), role_name(0), key(2, 0));
		}
		assert!(done.is_ok());
		Ok(())
	}

	#[benchmark]
	fn grant() -> Result<(), BenchmarkError> {
		role_with::<T>(0)?;
		Pallet::<T>::enrol(&owner::<T>(), member::<T>(0), key(1, 0)).map_err(|_| REFUSED)?;
		let done;
		#[block]
		{
			done = Pallet::<T>::grant(&owner::<T>(), role_name(0), 1, copy::<T>(0));
		}
		assert!(done.is_ok());
		Ok(())
	}

	#[benchmark]
	fn rotate(m: Linear<0, { T::MaxMembers::get() }>) -> Result<(), BenchmarkError> {
		role_with::<T>(m)?;
		let new_key = NewRoleKey { public_key: key(3, 0), previous: Some(sealed()) };
		let copies = (0..m).map(copy::<T>).collect();
		let done;
		#[block]
		{
			done = Pallet::<T>::rotate(&owner::<T>(), role_name(0), 1, new_key, Vec::new(), copies);
		}
		assert!(done.is_ok());
		Ok(())
	}

	/// Replaces a value of the largest size.
	#[benchmark]
	fn put(c: Linear<1, MAX_COPIES>) -> Result<(), BenchmarkError> {
		let copies = copies::<T>(c)?;
		stored_value::<T>(copies.clone())?;
		let done;
		#[block]
		{
			done = Pallet::<T>::put(&owner::<T>(), value_name(), 1, body(), copies);
		}
		assert!(done.is_ok());
		Ok(())
	}

	#[benchmark]
	fn remove() -> Result<(), BenchmarkError> {
		stored_value::<T>(copies::<T>(MAX_COPIES)?)?;
		let done;
		#[block]
		{
			done = Pallet::<T>::remove(&owner::<T>(), value_name(), 1);
		}
		assert!(done.is_ok());
		Ok(())
	}

	#[benchmark]
	fn get() -> Result<(), BenchmarkError> {
		stored_value::<T>(copies::<T>(MAX_COPIES)?)?;
		let found;
		#[block]
		{
			found = Pallet::<T>::value(&owner::<T>(), value_name());
		}
		assert!(found.is_some());
		Ok(())
	}

	#[benchmark]
	fn role() -> Result<(), BenchmarkError> {
		role_with::<T>(0)?;
		let found;
		#[block]
		{
			found = Pallet::<T>::role(&owner::<T>(), role_name(0));
		}
		assert!(found.is_some());
		Ok(())
	}

	#[benchmark]
	fn grant_of() -> Result<(), BenchmarkError> {
		role_with::<T>(1)?;
		let found;
		#[block]
		{
			found = Pallet::<T>::grant_of(&owner::<T>(), role_name(0), member::<T>(0));
		}
		assert!(found.is_some());
		Ok(())
	}

	/// The most of an owner's items are public keys that were used.
	#[benchmark]
	fn clear(n: Linear<0, 1_000>) -> Result<(), BenchmarkError> {
		for number in 0..n {
			UsedKeys::<T>::insert(owner::<T>(), key(1, number), ());
		}
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, owner::<T>(), n);
		assert!(UsedKeys::<T>::iter_prefix(owner::<T>()).next().is_none());
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_chain(), crate::mock::Test);
}
