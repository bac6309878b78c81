//! Private storage.

use super::io::{no_such_function, Call, Used};
use crate::*;
use codec::{Decode, DecodeAll, Encode};
use frame_support::{traits::Get, weights::Weight};
use pallet_contracts::chain_extension::{Ext, Result, RetVal};
use pallet_psc::{MemberCopy, NewBody, NewCopy, NewRoleKey, PublicKey, Refusal, StorageUse, WeightInfo, MAX_COPIES};

/// More than the arguments of anything that only reads, in bytes.
const MAX_INPUT: u32 = 256;

/// More than the longest arguments of a change, in bytes: a value with its copies, or the copies of all members.
const MAX_CHANGE: u32 = 24 * 1024;

type MaxMembers = <Runtime as pallet_psc::Config>::MaxMembers;
type Weights = <Runtime as pallet_psc::Config>::WeightInfo;
type Changed<Answer> = core::result::Result<(Answer, StorageUse), Refusal>;

pub fn answer<E: Ext<T = Runtime>>(function: u16, call: Call<E>) -> Result<RetVal> {
	match function {
		20 => change(call, Weights::enrol(), |owner, (member, key): (AccountId, PublicKey)| {
			Psc::enrol(owner, member, key).map(nothing)
		}),
		21 => change(call, Weights::create_role(), |owner, (role, key): (Vec<u8>, PublicKey)| {
			Psc::create_role(owner, role, key).map(nothing)
		}),
		22 => change(call, Weights::grant(), |owner, (role, epoch, copy): (Vec<u8>, u32, MemberCopy<AccountId>)| {
			Psc::grant(owner, role, epoch, copy).map(nothing)
		}),
		// Charged for as many members as a role may have, before it is known how many this one has.
		23 => {
			change(call, Weights::rotate(MaxMembers::get()), |owner, (role, epoch, key, revoked, copies): Rotation| {
				Psc::rotate(owner, role, epoch, key, revoked, copies)
			})
		}
		24 => change(call, Weights::put(MAX_COPIES), |owner, (name, version, body, copies): Put| {
			Psc::put(owner, name, version, body, copies)
		}),
		25 => change(call, Weights::put(MAX_COPIES), |owner, (name, version, copies): Resealing| {
			Psc::reseal(owner, name, version, copies)
		}),
		26 => change(call, Weights::remove(), |owner, (name, version): (Vec<u8>, u32)| {
			Psc::remove(owner, name, version).map(nothing)
		}),
		27 => read(call, Weights::get(), |(owner, name): (AccountId, Vec<u8>)| Psc::value(&owner, name)),
		28 => read(call, Weights::role(), |(owner, role): (AccountId, Vec<u8>)| Psc::role(&owner, role)),
		29 => read(call, Weights::grant_of(), |(owner, role, member): (AccountId, Vec<u8>, AccountId)| {
			Psc::grant_of(&owner, role, member)
		}),
		_ => Err(no_such_function()),
	}
}

type Rotation = (Vec<u8>, u32, NewRoleKey, Vec<AccountId>, Vec<MemberCopy<AccountId>>);
type Put = (Vec<u8>, u32, NewBody, Vec<NewCopy>);
type Resealing = (Vec<u8>, u32, Vec<NewCopy>);

fn nothing(used: StorageUse) -> ((), StorageUse) {
	((), used)
}

fn change<E: Ext<T = Runtime>, Arguments: Decode, Answer: Encode>(
	mut call: Call<E>,
	weight: Weight,
	make: impl FnOnce(&AccountId, Arguments) -> Changed<Answer>,
) -> Result<RetVal> {
	let owner = call.writer()?;
	call.charge(weight)?;
	let result = if call.length() > MAX_CHANGE {
		Err(Refusal::MalformedInput)
	} else {
		let bytes = call.bytes(MAX_CHANGE)?;
		Arguments::decode_all(&mut &bytes[..])
			.map_err(|_| Refusal::MalformedInput)
			.and_then(|arguments| make(&owner, arguments))
	};
	if let Ok((_, used)) = &result {
		call.deposit(counted(used));
	}
	call.answer(result.map(|(answer, _)| answer))
}

fn read<E: Ext<T = Runtime>, Arguments: Decode, Answer: Encode>(
	mut call: Call<E>,
	weight: Weight,
	find: impl FnOnce(Arguments) -> Option<Answer>,
) -> Result<RetVal> {
	call.charge(weight)?;
	let arguments = call.arguments(MAX_INPUT)?;
	call.answer(find(arguments))
}

fn counted(used: &StorageUse) -> Used {
	(used.bytes_added, used.bytes_removed, used.items_added, used.items_removed)
}
