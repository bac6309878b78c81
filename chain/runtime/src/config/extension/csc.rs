//! Configuration sections.

use super::io::{no_such_function, Call, Used};
use crate::*;
use pallet_contracts::chain_extension::{Ext, Result, RetVal};
use pallet_csc::{
	changes::{decode, MAX_CHANGES, MAX_CHANGES_BYTES},
	Head, Key, Refusal, StorageUse, WeightInfo, MAX_PAGE,
};

/// More than the arguments of anything that only reads but many keys, in bytes.
const MAX_INPUT: u32 = 256;

/// More than the longest list of keys, in bytes.
const MAX_KEYS_INPUT: u32 = 64 + MAX_PAGE * 132;

/// Length of the shortest change: its kind, and the length of a key without bytes.
const MIN_CHANGE_BYTES: u32 = 2;

/// Length of the expected version that comes before the changes, in bytes.
const VERSION_BYTES: usize = 8;

type Weights = <Runtime as pallet_csc::Config>::WeightInfo;

pub fn answer<E: Ext<T = Runtime>>(function: u16, mut call: Call<E>) -> Result<RetVal> {
	match function {
		10 => {
			call.charge(Weights::open())?;
			let owner = call.writer()?;
			let opened = Csc::open(&owner);
			finish(call, opened)
		}
		11 => apply(call),
		12 => {
			call.charge(Weights::get())?;
			let (owner, key): (AccountId, Vec<u8>) = call.arguments(MAX_INPUT)?;
			// A key that no section can have is in none.
			let entry = Key::try_from(key).ok().and_then(|key| Csc::get(&owner, &key));
			call.answer(entry)
		}
		13 => {
			call.charge(Weights::head())?;
			let owner: AccountId = call.arguments(MAX_INPUT)?;
			call.answer(Csc::head(&owner))
		}
		14 => {
			call.charge(Weights::head())?;
			let (owner, from, limit): (AccountId, u32, u32) = call.arguments(MAX_INPUT)?;
			let count = Csc::head(&owner).map_or(0, |head| head.count);
			call.charge(Weights::keys(count))?;
			call.answer(Csc::keys(&owner, from, limit))
		}
		15 => {
			let (owner, keys): (AccountId, Vec<Vec<u8>>) = call.arguments(MAX_KEYS_INPUT)?;
			let asked = keys.len().min(MAX_PAGE as usize) as u64;
			call.charge(Weights::get().saturating_mul(asked))?;
			let keys: Vec<_> = keys.into_iter().map(|key| Key::try_from(key).unwrap_or_default()).collect();
			call.answer(Csc::get_many(&owner, &keys))
		}
		_ => Err(no_such_function()),
	}
}

/// The arguments are read in steps, each paid for by what the one before has shown.
fn apply<E: Ext<T = Runtime>>(mut call: Call<E>) -> Result<RetVal> {
	let owner = call.writer()?;
	let length = call.length();
	if length > MAX_CHANGES_BYTES {
		return finish(call, Err(Refusal::ChangesTooLarge));
	}
	// How many changes there are isn't known before they are read: as many as there can be.
	call.charge(Weights::decode(MAX_CHANGES.min(length / MIN_CHANGE_BYTES), length))?;
	let bytes = call.bytes(MAX_CHANGES_BYTES)?;
	let Some((version, changes)) = bytes.split_at_checked(VERSION_BYTES) else {
		return finish(call, Err(Refusal::MalformedInput));
	};
	let Ok(version) = version.try_into().map(u64::from_le_bytes) else {
		return finish(call, Err(Refusal::MalformedInput));
	};
	let changes = match decode(changes) {
		Ok(changes) => changes,
		Err(refusal) => return finish(call, Err(refusal)),
	};
	call.charge(Weights::head())?;
	let count = Csc::head(&owner).map_or(0, |head| head.count);
	call.charge(Weights::apply(u32::try_from(changes.len()).unwrap_or(u32::MAX), count))?;
	let applied = Csc::apply(&owner, version, changes);
	finish(call, applied)
}

fn finish<E: Ext<T = Runtime>>(
	mut call: Call<E>,
	result: core::result::Result<(Head, StorageUse), Refusal>,
) -> Result<RetVal> {
	if let Ok((_, used)) = &result {
		call.deposit(counted(used));
	}
	call.answer(result.map(|(head, _)| head))
}

fn counted(used: &StorageUse) -> Used {
	(used.bytes_added, used.bytes_removed, used.items_added, used.items_removed)
}
