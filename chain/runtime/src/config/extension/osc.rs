//! Operation tickets.

use super::io::{no_such_function, Call, Used};
use crate::*;
use codec::{Decode, Encode};
use frame_support::weights::Weight;
use pallet_contracts::chain_extension::{Ext, Result, RetVal};
use pallet_osc::{Payload, Refusal, StorageUse, TicketId, WeightInfo};

/// More than the longest arguments, in bytes.
const MAX_INPUT: u32 = 128;

type Weights = <Runtime as pallet_osc::Config>::WeightInfo;

pub fn answer<E: Ext<T = Runtime>>(function: u16, mut call: Call<E>) -> Result<RetVal> {
	match function {
		30 => change(call, Weights::submit(), |owner, (id, deadline, payload): (TicketId, BlockNumber, Payload)| {
			Osc::submit(owner, id, deadline, payload)
		}),
		31 => change(call, Weights::close(), |owner, (id, outcome): (TicketId, u8)| {
			Osc::close(owner, id, outcome).map(|ticket| (ticket, StorageUse::default()))
		}),
		32 => {
			call.charge(Weights::ticket())?;
			let (owner, id): (AccountId, TicketId) = call.arguments(MAX_INPUT)?;
			call.answer(Osc::ticket(&owner, &id))
		}
		33 => change(call, Weights::forget(), |owner, id: TicketId| Osc::forget(owner, id).map(|used| ((), used))),
		_ => Err(no_such_function()),
	}
}

fn change<E: Ext<T = Runtime>, Arguments: Decode, Answer: Encode>(
	mut call: Call<E>,
	weight: Weight,
	make: impl FnOnce(&AccountId, Arguments) -> core::result::Result<(Answer, StorageUse), Refusal>,
) -> Result<RetVal> {
	let owner = call.writer()?;
	call.charge(weight)?;
	let arguments = call.arguments(MAX_INPUT)?;
	let result = make(&owner, arguments);
	if let Ok((_, used)) = &result {
		call.deposit(counted(used));
	}
	call.answer(result.map(|(answer, _)| answer))
}

fn counted(used: &StorageUse) -> Used {
	(used.bytes_added, used.bytes_removed, used.items_added, used.items_removed)
}
