//! Sealed values. Nothing is written before everything is checked.

use crate::{
	input::{value_name, NewBody, NewCopy},
	types::{Body, Refusal, StorageUse, Value, ValueCopy, ValueName, MAX_COPIES},
	Config, Event, LastVersions, Pallet, Values,
};
use alloc::{collections::btree_set::BTreeSet, vec::Vec};
use codec::Encode;
use frame_support::{ensure, pallet_prelude::ConstU32, BoundedVec};
use sp_io::hashing::blake2_256;

type Copies = BoundedVec<ValueCopy, ConstU32<MAX_COPIES>>;

impl<T: Config> Pallet<T> {
	/// Stores a value in place of the one before. `expected_version` is the version that the caller worked from, 0 when
	/// there is none. Every copy has to be of its role's current epoch.
	///
	/// Returns the new version. Fails with `InvalidName`, `VersionConflict`, `Overflow`, `BodyTooLarge`, `NoCopies`,
	/// `TooManyCopies`, `DuplicateCopy`, `NoRole`, `StaleEpoch` or `InvalidSealed`.
	pub fn put(
		owner: &T::AccountId,
		name: Vec<u8>,
		expected_version: u32,
		body: NewBody,
		copies: Vec<NewCopy>,
	) -> Result<(u32, StorageUse), Refusal> {
		let name = value_name(name)?;
		let before = Values::<T>::get(owner, &name);
		let known = before.as_ref().map_or(0, |value| value.version);
		ensure!(known == expected_version, Refusal::VersionConflict);
		let copies = Self::check_copies(owner, copies)?;
		Self::store(owner, name, before, body.check()?, copies)
	}

	/// Replaces the copies of a value, and leaves its ciphertext.
	///
	/// Returns the new version. Fails with `InvalidName`, `NoValue`, `VersionConflict`, `Overflow`, `NoCopies`,
	/// `TooManyCopies`, `DuplicateCopy`, `NoRole`, `StaleEpoch` or `InvalidSealed`.
	pub fn reseal(
		owner: &T::AccountId,
		name: Vec<u8>,
		expected_version: u32,
		copies: Vec<NewCopy>,
	) -> Result<(u32, StorageUse), Refusal> {
		let name = value_name(name)?;
		let before = Values::<T>::get(owner, &name).ok_or(Refusal::NoValue)?;
		ensure!(before.version == expected_version, Refusal::VersionConflict);
		let copies = Self::check_copies(owner, copies)?;
		let body = before.body.clone();
		Self::store(owner, name, Some(before), body, copies)
	}

	/// Removes a value.
	///
	/// Fails with `InvalidName`, `NoValue` or `VersionConflict`.
	pub fn remove(owner: &T::AccountId, name: Vec<u8>, expected_version: u32) -> Result<StorageUse, Refusal> {
		let name = value_name(name)?;
		let before = Values::<T>::get(owner, &name).ok_or(Refusal::NoValue)?;
		ensure!(before.version == expected_version, Refusal::VersionConflict);
		let mut used = StorageUse::default();
		used.remove(&name, &before);
		used.add(&name, &before.version);
		Values::<T>::remove(owner, &name);
		LastVersions::<T>::insert(owner, &name, before.version);
		Self::deposit_event(Event::ValueRemoved { owner: owner.clone(), name });
		Ok(used)
	}

	/// A value, as it is stored.
	pub fn value(owner: &T::AccountId, name: Vec<u8>) -> Option<Value> {
		Values::<T>::get(owner, value_name(name).ok()?)
	}

	fn check_copies(owner: &T::AccountId, copies: Vec<NewCopy>) -> Result<Copies, Refusal> {
		ensure!(!copies.is_empty(), Refusal::NoCopies);
		ensure!(copies.len() <= MAX_COPIES as usize, Refusal::TooManyCopies);
		let mut seen = BTreeSet::new();
		let mut checked = Vec::with_capacity(copies.len());
		for copy in copies {
			let copy = copy.check()?;
			ensure!(seen.insert(copy.role.clone()), Refusal::DuplicateCopy);
			Self::role_in(owner, &copy.role, copy.epoch)?;
			checked.push(copy);
		}
		checked.try_into().map_err(|_| Refusal::TooManyCopies)
	}

	fn store(
		owner: &T::AccountId,
		name: ValueName,
		before: Option<Value>,
		body: Body,
		copies: Copies,
	) -> Result<(u32, StorageUse), Refusal> {
		let mut used = StorageUse::default();
		let removed = LastVersions::<T>::get(owner, &name);
		let last = before.as_ref().map(|value| value.version).or(removed).unwrap_or(0);
		let version = last.checked_add(1).ok_or(Refusal::Overflow)?;
		if let Some(value) = &before {
			used.remove(&name, value);
		}
		if let Some(version) = removed {
			used.remove(&name, &version);
			LastVersions::<T>::remove(owner, &name);
		}
		let previous = before.map(|value| value.using_encoded(blake2_256));
		let value = Value { body, copies, version, previous };
		used.add(&name, &value);
		Values::<T>::insert(owner, &name, value);
		Self::deposit_event(Event::ValueStored { owner: owner.clone(), name, version });
		Ok((version, used))
	}
}
