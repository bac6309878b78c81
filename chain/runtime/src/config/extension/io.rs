//! One call of the extension: what it reads, pays and answers.

use crate::*;
use codec::{Decode, DecodeAll, Encode};
use frame_support::weights::Weight;
use pallet_contracts::{
	chain_extension::{BufInBufOutState, Diff, Environment, Ext, InitState, Result, RetVal},
	Error,
};

/// Reference time of a byte that is carried between a contract and the chain, in picoseconds.
const PER_BYTE: u64 = 2_000;

/// What was added to the chain's storage and taken from it: bytes added and removed, items added and removed.
pub type Used = (u32, u32, u32, u32);

/// A call of the extension by a contract.
pub struct Call<'a, 'b, E: Ext> {
	env: Environment<'a, 'b, E, BufInBufOutState>,
}

impl<'a, 'b, E: Ext<T = Runtime>> Call<'a, 'b, E> {
	pub fn new(env: Environment<'a, 'b, E, InitState>) -> Self {
		Self { env: env.buf_in_buf_out() }
	}

	/// Length of the arguments, in bytes.
	pub fn length(&self) -> u32 {
		self.env.in_len()
	}

	/// Pays for work that comes next.
	pub fn charge(&mut self, weight: Weight) -> Result<()> {
		self.env.charge_weight(weight).map(|_| ())
	}

	/// The bytes of the arguments. Fails with `DecodingFailed` when they are more than `limit`.
	pub fn bytes(&mut self, limit: u32) -> Result<Vec<u8>> {
		let length = self.length();
		if length > limit {
			return Err(Error::<Runtime>::DecodingFailed.into());
		}
		self.charge(Weight::from_parts(PER_BYTE.saturating_mul(length.into()), 0))?;
		self.env.read(length)
	}

	/// The arguments. Fails with `DecodingFailed` when they are more than `limit` bytes, or others than these.
	pub fn arguments<Arguments: Decode>(&mut self, limit: u32) -> Result<Arguments> {
		let bytes = self.bytes(limit)?;
		Arguments::decode_all(&mut &bytes[..]).map_err(|_| Error::<Runtime>::DecodingFailed.into())
	}

	/// The account that calls, for a change: fails with `StateChangeDenied` in a call that only reads.
	pub fn writer(&mut self) -> Result<AccountId> {
		if self.env.ext().is_read_only() {
			return Err(Error::<Runtime>::StateChangeDenied.into());
		}
		Ok(self.env.ext().address().clone())
	}

	/// Has the deposit for what was stored charged, or refunded.
	pub fn deposit(&mut self, (bytes_added, bytes_removed, items_added, items_removed): Used) {
		// A refund is a share of what the contract has paid. Where a call back into the same contract has changed that,
		// asking for the contract's code loads it anew.
		let _ = self.env.ext().own_code_hash();
		self.env.ext().charge_storage(&Diff { bytes_added, bytes_removed, items_added, items_removed });
	}

	/// Ends the call with an answer.
	pub fn answer(mut self, answer: impl Encode) -> Result<RetVal> {
		self.env.write(&answer.encode(), false, Some(Weight::from_parts(PER_BYTE, 0)))?;
		Ok(RetVal::Converging(0))
	}
}

/// There is no function of this number.
pub fn no_such_function() -> sp_runtime::DispatchError {
	Error::<Runtime>::NoChainExtension.into()
}
