//! What the pallet's work costs at its worst.

use crate::{
	changes::{Change, NewValue, MAX_CHANGES_BYTES},
	*,
};
use alloc::{format, vec, vec::Vec};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::traits::{EnsureOrigin, Get};

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

/// An account with a section of `keys` keys.
fn section<T: Config>(keys: u32) -> Result<T::AccountId, BenchmarkError> {
	let owner: T::AccountId = account("owner", 0, 0);
	Pallet::<T>::open(&owner).map_err(|_| BenchmarkError::Stop("the section can't be opened"))?;
	if keys > 0 {
		Pallet::<T>::apply(&owner, 0, changes(0, keys)).map_err(|_| BenchmarkError::Stop("the keys can't be set"))?;
	}
	Ok(owner)
}

#[cfg(test)]
#[path = "../../measuring.rs"]
mod measuring;

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

	#[benchmark]
	fn decode(b: Linear<0, MAX_CHANGES_BYTES>) -> Result<(), BenchmarkError> {
		let bytes = changes(0, b / 256).encode();
		let read;
		#[block]
		{
			read = crate::changes::decode(&bytes);
		}
		assert!(read.is_ok());
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

	#[cfg(test)]
	#[test]
	#[ignore = "it measures, and checks nothing"]
	fn measure() {
		use super::measuring::measure;
		use crate::mock::{new_chain, Test};
		measure::<Test>("csc::open", &open, new_chain);
		measure::<Test>("csc::head", &head, new_chain);
		measure::<Test>("csc::get", &get, new_chain);
		measure::<Test>("csc::keys", &keys, new_chain);
		measure::<Test>("csc::decode", &decode, new_chain);
		measure::<Test>("csc::apply", &apply, new_chain);
		measure::<Test>("csc::close_section", &close_section, new_chain);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_chain(), crate::mock::Test);
}
