//! What the pallet's work costs at its worst.

use crate::{
	changes::{Change, NewValue, MAX_CHANGES, MAX_CHANGES_BYTES},
	*,
};
use alloc::{format, vec, vec::Vec};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::traits::{EnsureOrigin, Get};
use sp_io::hashing::blake2_256;

/// A key of the longest kind.
fn key(number: u32) -> Vec<u8> {
	format!("{number:0>width$}", width = MAX_KEY_BYTES as usize).into_bytes()
}

/// Changes with values of a usual size.
fn changes(from: u32, count: u32) -> Vec<Change> {
	let value = || NewValue::Inline(vec![7; 64]);
	(from..from.saturating_add(count))
		.map(|number| Change::Set { key: key(number), value: value(), media_type: b"application/json".to_vec() })
		.collect()
}

/// Changes that together take about so many bytes, and never more than a call may have.
fn changes_of_size(count: u32, bytes: u32) -> Vec<Change> {
	const AROUND_VALUE: u32 = 12;
	let size = (bytes / count).saturating_sub(AROUND_VALUE) as usize;
	let change = Change::Set { key: vec![b'k'], value: NewValue::Inline(vec![7; size]), media_type: vec![b'a'] };
	vec![change; count as usize]
}

/// An account with a section of `keys` keys.
fn section<T: Config>(keys: u32) -> Result<T::AccountId, BenchmarkError> {
	let owner: T::AccountId = account("owner", 0, 0);
	Pallet::<T>::open(&owner).map_err(|_| BenchmarkError::Stop("the section can't be opened"))?;
	if keys > 0 {
		Pallet::<T>::apply(&owner, 0, changes(0, keys)).map_err(|_| BenchmarkError::Stop("the keys can't be set"))?;
	}
	Ok(owner)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn open() -> Result<(), BenchmarkError> {
		let owner: T::AccountId = account("owner", 0, 0);
		let opened;
		#[block]
		{
			opened = Pallet::<T>::open(&owner);
		}
		assert!(opened.is_ok());
		Ok(())
	}

	#[benchmark]
	fn head() -> Result<(), BenchmarkError> {
		let owner = section::<T>(1)?;
		let found;
		#[block]
		{
			found = Pallet::<T>::head(&owner);
		}
		assert!(found.is_some());
		Ok(())
	}

	#[benchmark]
	fn get() -> Result<(), BenchmarkError> {
		let owner = section::<T>(0)?;
		let value = NewValue::Inline(vec![7; MAX_INLINE_BYTES as usize]);
		let media_type = vec![b'a'; MAX_MEDIA_TYPE_BYTES as usize];
		Pallet::<T>::apply(&owner, 0, vec![Change::Set { key: key(0), value, media_type }])
			.map_err(|_| BenchmarkError::Stop("the key can't be set"))?;
		let key: Key = key(0).try_into().map_err(|_| BenchmarkError::Stop("the key is too long"))?;
		let entry;
		#[block]
		{
			entry = Pallet::<T>::get(&owner, &key);
		}
		assert!(entry.is_some());
		Ok(())
	}

	#[benchmark]
	fn keys(k: Linear<0, { T::MaxKeys::get() }>) -> Result<(), BenchmarkError> {
		let owner = section::<T>(k)?;
		let page;
		#[block]
		{
			page = Pallet::<T>::keys(&owner, 0, MAX_PAGE);
		}
		assert_eq!(page.len(), k.min(MAX_PAGE) as usize);
		Ok(())
	}

	/// Reads `c` changes of `b` bytes, and encodes and hashes them as often as [`Pallet::apply`] does: all at once, and
	/// one by one.
	#[benchmark]
	fn decode(c: Linear<1, MAX_CHANGES>, b: Linear<0, MAX_CHANGES_BYTES>) -> Result<(), BenchmarkError> {
		let bytes = changes_of_size(c, b).encode();
		let read;
		#[block]
		{
			read = crate::changes::decode(&bytes).unwrap_or_default();
			read.using_encoded(blake2_256);
			read.iter().for_each(|change| {
				change.using_encoded(blake2_256);
			});
		}
		assert_eq!(read.len(), c as usize);
		Ok(())
	}

	/// Adds `c` keys to a section of `k`.
	#[benchmark]
	fn apply(
		c: Linear<1, { T::MaxKeys::get() / 2 }>,
		k: Linear<0, { T::MaxKeys::get() / 2 }>,
	) -> Result<(), BenchmarkError> {
		let owner = section::<T>(k)?;
		let version = Pallet::<T>::head(&owner).map_or(0, |section| section.version);
		let set = changes(k, c);
		let applied;
		#[block]
		{
			applied = Pallet::<T>::apply(&owner, version, set);
		}
		assert!(applied.is_ok());
		Ok(())
	}

	#[benchmark]
	fn close_section(k: Linear<0, { T::MaxKeys::get() }>) -> Result<(), BenchmarkError> {
		let owner = section::<T>(k)?;
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, owner.clone(), k);
		assert!(Pallet::<T>::head(&owner).is_none());
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_chain(), crate::mock::Test);
}
